// A table. What the EMQX-compatible JSON calls things, where that is not what our layouts call them, and what it shows as
// bytes although our layouts read it. Facts of that format; no rules.

/** Messages of terminals whose bodies have keys; any other id is shown as bytes. */
export const shownIds: ReadonlySet<number> = Object.freeze(
  new Set([
    0x0001, 0x0002, 0x0003, 0x0004, 0x0005, 0x0100, 0x0102, 0x0104, 0x0107, 0x0108, 0x0200, 0x0201, 0x0301, 0x0302,
    0x0303, 0x0500, 0x0608, 0x0700, 0x0701, 0x0702, 0x0704, 0x0705, 0x0800, 0x0801, 0x0802, 0x0805, 0x0900, 0x0901,
    0x0a00,
  ]),
);

/** Fields that are binary coded decimal. */
export const digitKeys: ReadonlySet<string> = Object.freeze(new Set(["time", "cert_expiry", "iccid"]));

/** A driver's identity is shown when the card was put in; what some terminals send beside its taking out is not. */
export const DRIVER = Object.freeze({ id: 0x0702, inserted: 1, shownOtherwise: Object.freeze(["status", "time"]) });

/** The raw record's own mark of a layout that is not the standard's. */
export const FORM_KEY = "form";

/** What serves the link: answered and not published, unless the configuration says otherwise. */
export const consumedIds: readonly number[] = Object.freeze([0x0002, 0x0003, 0x0004, 0x0100, 0x0102, 0x0a00]);

/** How the value of an additional item is shown. */
export const ItemForm = { Plain: 0, Signed: 1, Signals: 2, Io: 3 } as const;
export type ItemForm = (typeof ItemForm)[keyof typeof ItemForm];

export interface ShownItem {
  readonly key: string;
  readonly form: ItemForm;
  /** Since the header form of 2019; before it, bytes. */
  readonly since2019: boolean;
}

const shown = (key: string, form: ItemForm = ItemForm.Plain, since2019 = false): ShownItem =>
  Object.freeze({ key, form, since2019 });

/** Additional items with a name; any other is shown as bytes under its number. */
export const shownItems: ReadonlyMap<number, ShownItem> = Object.freeze(
  new Map([
    [0x01, shown("mileage")],
    [0x02, shown("fuel_meter")],
    [0x03, shown("speed")],
    [0x04, shown("alarm_id")],
    [0x05, shown("tire_pressure", ItemForm.Plain, true)],
    [0x06, shown("carriage_temp", ItemForm.Signed, true)],
    [0x11, shown("overspeed_alarm")],
    [0x12, shown("in_out_alarm")],
    [0x13, shown("path_time_alarm")],
    [0x25, shown("signal", ItemForm.Signals)],
    [0x2a, shown("io_status", ItemForm.Io)],
    [0x2b, shown("analog")],
    [0x30, shown("rssi")],
    [0x31, shown("gnss_sat_num")],
  ]),
);

/** Items from this id on stand together under one key. */
export const CUSTOM_ITEMS_FROM = 0xe1;
/** As it is spelt there. */
export const CUSTOM_ITEMS_KEY = "custome";

/** By bit, from bit 0; as they are spelt there. */
export const signalKeys: readonly string[] = Object.freeze([
  "low_beam",
  "high_beam",
  "right_turn",
  "left_turn",
  "brake",
  "reverse",
  "fog",
  "side_marker",
  "horn",
  "air_conditioner",
  "neutral",
  "retarder",
  "abs",
  "heater",
  "cluth",
]);
export const SIGNAL_BITS = 32;
export const ioKeys: readonly string[] = Object.freeze(["deep_sleep", "sleep"]);
export const IO_BITS = 16;

/** A text of a fixed width, in bytes, that keeps the NULs behind it. */
export interface KeptPadding {
  readonly name: string;
  readonly width: number;
  /** Only with the header form before 2019. */
  readonly oldFormOnly: boolean;
}

/** By id. */
export const keptPadding: ReadonlyMap<number, KeptPadding> = Object.freeze(
  new Map([
    [0x0100, { name: "manufacturer", width: 5, oldFormOnly: true }],
    [0x0107, { name: "manufacturer", width: 5, oldFormOnly: true }],
    [0x0702, { name: "certificate", width: 20, oldFormOnly: false }],
  ]),
);

/** Parameters whose value is bytes there although it is a number or a text; a number has so many bytes. */
export const parametersAsBytes: ReadonlyMap<number, number> = Object.freeze(
  new Map([
    [0x0023, 0],
    [0x0024, 0],
    [0x0025, 0],
    [0x0026, 0],
    [0x007a, 4],
  ]),
);

/** Parameters whose value is text in a command; any other text there is base64. */
export const textParameters: ReadonlySet<number> = Object.freeze(
  new Set([0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x1a, 0x1d, 0x40, 0x41, 0x42, 0x43, 0x44, 0x48, 0x49, 0x83]),
);

/** How a field of a command is written where it is bytes. */
export const BytesForm = { Base64: 0, Text: 1, Modulus: 2 } as const;
export type BytesForm = (typeof BytesForm)[keyof typeof BytesForm];

/** Fields of commands that are bytes, by id; also those of records inside. */
export const downBytes: ReadonlyMap<number, Readonly<Record<string, BytesForm>>> = Object.freeze(
  new Map<number, Readonly<Record<string, BytesForm>>>([
    [0x8108, Object.freeze({ firmware: BytesForm.Text })],
    [0x8500, Object.freeze({ param: BytesForm.Base64 })],
    [0x8700, Object.freeze({ param: BytesForm.Base64 })],
    [0x8701, Object.freeze({ param: BytesForm.Base64 })],
    [0x8900, Object.freeze({ data: BytesForm.Base64 })],
    [0x8a00, Object.freeze({ n: BytesForm.Modulus })],
  ]),
);
