// A table. The parameters of a terminal: id, name, what its value is, in which unit. Names are as they stand in native
// records; `text`, numbers of 1, 2 or 4 bytes, or bytes whose record is shown. 0x0075…0x007C are of JT/T 1078-2016,
// 0xF364…0xF367 of T/JSATL 12-2017.

import type { NativeRule } from "../field.ts";
import { packed } from "../forms.ts";
import { bcd, field, listToEnd, record, u16, u32, u8 } from "../layout.ts";
import type { RecordType } from "../layout.ts";
import { bitNames, choice, hex, mapped, plain, scaled, text } from "../native.ts";
import { alarmBits2013, alarmBits2019 } from "./0200-location.ts";
import { videoAlarmBits } from "./0200-items.ts";

export interface ParameterRow {
  readonly id: number;
  readonly name: string;
  readonly type: "text" | "number" | "bytes";
  /** Bytes of a number; 0 for the others. */
  readonly width: 0 | 1 | 2 | 4;
  /** Of the native value; null: none, or its own. */
  readonly unit: string | null;
  readonly native: NativeRule;
}

export interface ParameterTable {
  readonly rows: readonly ParameterRow[];
  /** null: not of the standard. */
  row(id: number): ParameterRow | null;
  named(name: string): ParameterRow | null;
}

function number(id: number, name: string, width: 1 | 2 | 4, unit: string | null = null, native = plain): ParameterRow {
  return Object.freeze({ id, name, type: "number", width, unit, native });
}

function dword(id: number, name: string, unit: string | null = null, native = plain): ParameterRow {
  return number(id, name, 4, unit, native);
}

function string(id: number, name: string): ParameterRow {
  return Object.freeze({ id, name, type: "text", width: 0, unit: null, native: text });
}

function raw(id: number, name: string, native: NativeRule = hex): ParameterRow {
  return Object.freeze({ id, name, type: "bytes", width: 0, unit: null, native });
}

const window = record([
  field("start_hour", u8),
  field("start_minute", u8),
  field("end_hour", u8),
  field("end_minute", u8),
]);

/** The two streams of a channel, live and stored. */
const streams = [
  field("live_encoding", u8),
  field("live_resolution", u8),
  field("live_key_frame_interval", u16),
  field("live_frame_rate", u8),
  field("live_bit_rate", u32),
  field("stored_encoding", u8),
  field("stored_resolution", u8),
  field("stored_key_frame_interval", u16),
  field("stored_frame_rate", u8),
  field("stored_bit_rate", u32),
  field("osd", u16),
];
const videoSettings = record([...streams, field("audio", u8)]);
const channelList = record([
  field("av_channels", u8),
  field("audio_channels", u8),
  field("video_channels", u8),
  field(
    "channels",
    listToEnd(record([field("physical", u8), field("logical", u8), field("type", u8), field("pan_tilt", u8)])),
  ),
]);
const channelSettings = record([
  field("count", u8),
  field("channels", listToEnd(record([field("channel", u8), ...streams])), { countedBy: "count" }),
]);
const alarmRecording = record([field("storage_threshold", u8), field("duration", u8), field("lead_time", u8)]);
const imageAnalysis = record([field("overload_passengers", u8), field("fatigue_threshold", u8)]);
const wakeUp = record([
  field("mode", u8, { native: bitNames(["condition", "timer", "manual"], 8) }),
  field("condition", u8, { native: bitNames(["emergency_button", "collision", "door_open"], 8) }),
  field("weekdays", u8, {
    native: bitNames(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"], 8),
  }),
  field("periods", u8, { native: bitNames(["period1", "period2", "period3", "period4"], 8) }),
  ...[1, 2, 3, 4].flatMap((n) => [field(`wake_${n}`, bcd(2)), field(`sleep_${n}`, bcd(2))]),
]);

function structure(id: number, name: string, layout: RecordType): ParameterRow {
  return raw(id, name, packed(layout));
}

const MASK_BYTES = 4;
const videoMask: NativeRule = mapped(
  (value, own, marks, key) => {
    if (!(value instanceof Uint8Array) || value.length !== MASK_BYTES) return hex.value(value, own, marks, key);
    return videoAlarmBits.value(
      value.reduce((word, byte) => word * 256 + byte, 0),
      own,
      marks,
      key,
    );
  },
  (native) => {
    const word = videoAlarmBits.parse(native);
    if (typeof word !== "number") return hex.parse(native);
    return Uint8Array.from([24, 16, 8, 0], (shift) => word >>> shift);
  },
);

const strategy = choice({ 0: "time", 1: "distance", 2: "time_and_distance" });
const scheme = choice({ 0: "by_acc", 1: "by_login_and_acc" });

/** What 2011 has already. */
function base(alarms: NativeRule): readonly ParameterRow[] {
  return [
    dword(0x0001, "heartbeat_interval", "s"),
    dword(0x0002, "tcp_answer_timeout", "s"),
    dword(0x0003, "tcp_retries"),
    dword(0x0004, "udp_answer_timeout", "s"),
    dword(0x0005, "udp_retries"),
    dword(0x0006, "sms_answer_timeout", "s"),
    dword(0x0007, "sms_retries"),
    string(0x0010, "main_apn"),
    string(0x0011, "main_user"),
    string(0x0012, "main_password"),
    string(0x0013, "main_server"),
    string(0x0014, "backup_apn"),
    string(0x0015, "backup_user"),
    string(0x0016, "backup_password"),
    string(0x0017, "backup_server"),
    dword(0x0018, "tcp_port"),
    dword(0x0019, "udp_port"),
    dword(0x0020, "position_strategy", null, strategy),
    dword(0x0021, "position_scheme", null, scheme),
    dword(0x0022, "driver_absent_interval", "s"),
    dword(0x0027, "sleep_interval", "s"),
    dword(0x0028, "emergency_interval", "s"),
    dword(0x0029, "default_interval", "s"),
    dword(0x002c, "default_distance", "m"),
    dword(0x002d, "driver_absent_distance", "m"),
    dword(0x002e, "sleep_distance", "m"),
    dword(0x002f, "emergency_distance", "m"),
    dword(0x0030, "turn_angle", "°"),
    string(0x0040, "platform_phone"),
    string(0x0041, "reset_phone"),
    string(0x0042, "factory_reset_phone"),
    string(0x0043, "platform_sms_phone"),
    string(0x0044, "sms_alarm_phone"),
    dword(0x0045, "call_answer_strategy", null, choice({ 0: "automatic", 1: "automatic_with_acc_on" })),
    dword(0x0046, "call_time_max", "s"),
    dword(0x0047, "monthly_call_time_max", "s"),
    string(0x0048, "listen_phone"),
    string(0x0049, "privileged_sms_phone"),
    dword(0x0050, "alarm_mask", null, alarms),
    dword(0x0051, "alarm_sms", null, alarms),
    dword(0x0052, "alarm_photo", null, alarms),
    dword(0x0053, "alarm_photo_stored", null, alarms),
    dword(0x0054, "key_alarms", null, alarms),
    dword(0x0055, "speed_max", "km/h"),
    dword(0x0056, "overspeed_duration", "s"),
    dword(0x0057, "continuous_driving_max", "s"),
    dword(0x0058, "daily_driving_max", "s"),
    dword(0x0059, "rest_min", "s"),
    dword(0x005a, "parking_max", "s"),
    dword(0x0070, "picture_quality"),
    dword(0x0071, "brightness"),
    dword(0x0072, "contrast"),
    dword(0x0073, "saturation"),
    dword(0x0074, "chroma"),
    dword(0x0080, "odometer", "km", scaled(10)),
    string(0x0083, "plate"),
  ];
}

/** In 2011, values are DWORD or STRING only. */
const only2011: readonly ParameterRow[] = [
  dword(0x0081, "province"),
  dword(0x0082, "city"),
  dword(0x0084, "plate_color"),
];

const CAN_FIRST = 0x0110;
const CAN_LAST = 0x01ff;

/** Since 2013; those of 2019 stand among them, because terminals of 2013 use them too. */
const later: readonly ParameterRow[] = [
  string(0x001a, "ic_card_server"),
  dword(0x001b, "ic_card_tcp_port"),
  dword(0x001c, "ic_card_udp_port"),
  string(0x001d, "ic_card_backup_server"),
  string(0x0023, "slave_apn"),
  string(0x0024, "slave_user"),
  string(0x0025, "slave_password"),
  string(0x0026, "slave_server"),
  number(0x0031, "fence_radius", 2, "m"),
  structure(0x0032, "forbidden_driving_window", window),
  number(0x005b, "overspeed_warning_gap", 2, "km/h", scaled(10)),
  number(0x005c, "fatigue_warning_gap", 2, "s"),
  number(0x005d, "collision_alarm", 2),
  number(0x005e, "rollover_angle", 2, "°"),
  dword(0x0064, "timed_photo"),
  dword(0x0065, "distance_photo"),
  structure(0x0075, "video_settings", videoSettings),
  structure(0x0076, "channel_list", channelList),
  structure(0x0077, "channel_video_settings", channelSettings),
  structure(0x0079, "alarm_recording", alarmRecording),
  raw(0x007a, "video_alarm_mask", videoMask),
  structure(0x007b, "image_analysis_alarms", imageAnalysis),
  structure(0x007c, "wake_up", wakeUp),
  number(0x0081, "province", 2),
  number(0x0082, "city", 2),
  number(0x0084, "plate_color", 1),
  number(0x0090, "gnss_modes", 1, null, bitNames(["gps", "beidou", "glonass", "galileo"], 8)),
  number(0x0091, "gnss_baud_rate_code", 1),
  number(0x0092, "gnss_output_rate", 1),
  dword(0x0093, "gnss_sample_interval", "s"),
  number(0x0094, "gnss_upload_mode", 1),
  dword(0x0095, "gnss_upload_setting"),
  dword(0x0100, "can1_sample_interval", "ms"),
  number(0x0101, "can1_upload_interval", 2, "s"),
  dword(0x0102, "can2_sample_interval", "ms"),
  number(0x0103, "can2_upload_interval", 2, "s"),
  ...Array.from({ length: CAN_LAST - CAN_FIRST + 1 }, (_, i) => raw(CAN_FIRST + i, `can_id_${i + 1}`)),
  raw(0xf364, "adas_settings"),
  raw(0xf365, "dsm_settings"),
  raw(0xf366, "tpms_settings"),
  raw(0xf367, "bsd_settings"),
];

function table(rows: readonly ParameterRow[]): ParameterTable {
  const byId: ReadonlyMap<number, ParameterRow> = new Map(rows.map((row) => [row.id, row]));
  const byName: ReadonlyMap<string, ParameterRow> = new Map(rows.map((row) => [row.name, row]));
  return Object.freeze({
    rows: Object.freeze(rows),
    row: (id: number) => byId.get(id) ?? null,
    named: (name: string) => byName.get(name) ?? null,
  });
}

export const parameters2011 = table([...base(alarmBits2013), ...only2011]);
export const parameters2013 = table([...base(alarmBits2013), ...later]);
export const parameters2019 = table([...base(alarmBits2019), ...later]);
