// A table. The signalling of JT/T 1078-2016 that rides on JT/T 808; the streams themselves go elsewhere. Alarm marks have
// 64 bits here: the 32 of a position report are the second half, video alarms the first.

import type { Field } from "../field.ts";
import { bcd, countedText, counting, field, listToEnd, record, u16, u32, u8 } from "../layout.ts";
import { message } from "../message.ts";
import type { BodyVersion } from "../message.ts";
import { bitNames, choice } from "../native.ts";
import { chinaTime } from "../time.ts";
import { alarmBits2013 } from "./0200-location.ts";
import { videoAlarmBits } from "./0200-items.ts";

const VERSIONS: readonly BodyVersion[] = [2013, 2019];

const streamType = choice({ 0: "any", 1: "main", 2: "sub" });
const storage = choice({ 0: "any", 1: "main", 2: "backup" });
const mediaType = choice({ 0: "audio_video", 1: "audio", 2: "video", 3: "audio_or_video" });
const speeds = choice({ 0: "none", 1: "1x", 2: "2x", 3: "4x", 4: "8x", 5: "16x" });

const attributes = record([
  field("audio_in_codec", u8),
  field("audio_in_channels", u8),
  field("audio_sample_rate", u8, { native: choice({ 0: "8k", 1: "22.05k", 2: "44.1k", 3: "48k" }) }),
  field("audio_sample_bits", u8, { native: choice({ 0: "8", 1: "16", 2: "32" }) }),
  field("audio_frame_len", u16, { as: "audioFrameBytes" }),
  field("audio_out", u8, { native: choice({ 0: "unsupported", 1: "supported" }) }),
  field("video_codec", u8),
  field("max_audio_channels", u8),
  field("max_video_channels", u8),
]);

const period: readonly Field[] = [
  field("start_time", bcd(6), { native: chinaTime }),
  field("end_time", bcd(6), { native: chinaTime }),
];

const server: readonly Field[] = [
  field("ip", countedText(1), { as: "host" }),
  field("tcp_port", u16),
  field("udp_port", u16),
];

const passengers = record([...period, field("on_count", u16, { as: "on" }), field("off_count", u16, { as: "off" })]);

const live = record([
  ...server,
  field("channel", u8),
  field("data_type", u8, {
    native: choice({ 0: "audio_video", 1: "video", 2: "talk", 3: "listen", 4: "broadcast", 5: "transparent" }),
  }),
  field("stream", u8, { native: choice({ 0: "main", 1: "sub" }) }),
]);

const liveControl = record([
  field("channel", u8),
  field("command", u8, {
    native: choice({ 0: "close", 1: "switch_stream", 2: "pause", 3: "resume", 4: "close_talk" }),
  }),
  field("close_type", u8, { native: choice({ 0: "audio_video", 1: "audio", 2: "video" }) }),
  field("stream", u8, { native: choice({ 0: "main", 1: "sub" }) }),
]);

const playback = record([
  ...server,
  field("channel", u8),
  field("av_type", u8, { as: "mediaType", native: mediaType }),
  field("stream", u8, { native: streamType }),
  field("storage", u8, { native: storage }),
  field("mode", u8, {
    native: choice({ 0: "normal", 1: "fast_forward", 2: "key_frames_back", 3: "key_frames", 4: "single_frame" }),
  }),
  field("speed", u8, { native: speeds }),
  ...period,
]);

const playbackControl = record([
  field("channel", u8),
  field("command", u8, {
    native: choice({
      0: "start",
      1: "pause",
      2: "end",
      3: "fast_forward",
      4: "key_frames_back",
      5: "seek",
      6: "key_frames",
    }),
  }),
  field("speed", u8, { native: speeds }),
  field("position", bcd(6), { native: chinaTime }),
]);

const alarms: readonly Field[] = [
  field("video_alarm", u32, { as: "videoAlarms", native: videoAlarmBits }),
  field("alarm", u32, { as: "alarms", native: alarmBits2013 }),
];

const recording: readonly Field[] = [
  field("channel", u8),
  ...period,
  ...alarms,
  field("av_type", u8, { as: "mediaType", native: mediaType }),
  field("stream", u8, { native: streamType }),
  field("storage", u8, { native: storage }),
];

const recordings = record([
  field("seq", u16, { as: "serial" }),
  field("count", u32, { derive: counting("items") }),
  field("items", listToEnd(record([...recording, field("size", u32, { unit: "byte" })])), {
    as: "recordings",
    countedBy: "count",
  }),
]);

const upload = record([
  field("ip", countedText(1), { as: "host" }),
  field("port", u16),
  field("user", countedText(1)),
  field("password", countedText(1)),
  field("path", countedText(1)),
  ...recording,
  field("condition", u8, { as: "networks", native: bitNames(["wifi", "lan", "mobile"], 8) }),
]);

const uploaded = record([
  field("seq", u16, { as: "serial" }),
  field("result", u8, { native: choice({ 0: "ok", 1: "failed" }) }),
]);

const uploadControl = record([
  field("seq", u16, { as: "serial" }),
  field("control", u8, { native: choice({ 0: "pause", 1: "resume", 2: "cancel" }) }),
]);

const panTilt = record([
  field("channel", u8),
  field("direction", u8, { native: choice({ 0: "stop", 1: "up", 2: "down", 3: "left", 4: "right" }) }),
  field("speed", u8),
]);

function lens(off: string, on: string): ReturnType<typeof record> {
  return record([field("channel", u8), field("value", u8, { native: choice({ 0: off, 1: on }) })]);
}

export const videoMessages = [
  message(0x1003, "up", "video_attributes", attributes, VERSIONS),
  message(0x1005, "up", "passengers", passengers, VERSIONS),
  message(0x1205, "up", "recordings", recordings, VERSIONS),
  message(0x1206, "up", "recording_uploaded", uploaded, VERSIONS),
  message(0x9101, "down", "live_video", live, VERSIONS),
  message(0x9102, "down", "control_live_video", liveControl, VERSIONS),
  message(
    0x9105,
    "down",
    "live_video_state",
    record([field("channel", u8), field("loss", u8, { unit: "%" })]),
    VERSIONS,
  ),
  message(0x9201, "down", "play_back", playback, VERSIONS),
  message(0x9202, "down", "control_playback", playbackControl, VERSIONS),
  message(0x9205, "down", "query_recordings", record(recording), VERSIONS),
  message(0x9206, "down", "upload_recording", upload, VERSIONS),
  message(0x9207, "down", "control_upload", uploadControl, VERSIONS),
  message(0x9301, "down", "pan_tilt", panTilt, VERSIONS),
  message(0x9302, "down", "focus", lens("increase", "decrease"), VERSIONS),
  message(0x9303, "down", "iris", lens("increase", "decrease"), VERSIONS),
  message(0x9304, "down", "wiper", lens("stop", "start"), VERSIONS),
  message(0x9305, "down", "infrared", lens("stop", "start"), VERSIONS),
  message(0x9306, "down", "zoom", lens("increase", "decrease"), VERSIONS),
] as const;
