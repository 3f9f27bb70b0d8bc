// A table. The units of a report under the names of EMQX's GB/T 32960 gateway: which key of its JSON each raw field of
// ours is. Spellings are theirs. Values stay raw integers in both.

import type { Gbt32960Version } from "gbt32960-parser";

/** A raw field: its key, or its key and the table of the records in its list. */
export type EmqxField = readonly [raw: string, key: string, records?: readonly EmqxField[]];

export interface EmqxUnit {
  readonly type: number;
  readonly name: string;
  readonly fields: readonly EmqxField[];
}

const vehicle: readonly EmqxField[] = [
  ["status", "Status"],
  ["charging", "Charging"],
  ["mode", "Mode"],
  ["speed", "Speed"],
  ["mileage", "Mileage"],
  ["voltage", "Voltage"],
  ["current", "Current"],
  ["soc", "SOC"],
  ["dcdc", "DC"],
  ["gear", "Gear"],
  ["resistance", "Resistance"],
];

const motor: readonly EmqxField[] = [
  ["no", "No"],
  ["status", "Status"],
  ["ctrl_temp", "CtrlTemp"],
  ["speed", "Rotating"],
  ["torque", "Torque"],
  ["temp", "MotorTemp"],
];

const hydrogen: readonly EmqxField[] = [
  ["h2_max_temp", "H_MaxTemp"],
  ["h2_temp_probe", "H_TempProbeCode"],
  ["h2_max_conc", "H_MaxConc"],
  ["h2_conc_sensor", "H_ConcSensorCode"],
  ["h2_max_press", "H_MaxPress"],
  ["h2_press_sensor", "H_PressSensorCode"],
  ["hv_dcdc", "DCStatus"],
];

const alarm: readonly EmqxField[] = [
  ["level", "MaxAlarmLevel"],
  ["flags", "GeneralAlarmFlag"],
  ["battery_fault_count", "FaultChargeableDeviceNum"],
  ["battery_faults", "FaultChargeableDeviceList"],
  ["motor_fault_count", "FaultDriveMotorNum"],
  ["motor_faults", "FaultDriveMotorList"],
  ["engine_fault_count", "FaultEngineNum"],
  ["engine_faults", "FaultEngineList"],
  ["other_fault_count", "FaultOthersNum"],
  ["other_faults", "FaultOthersList"],
];

/** Fields whose numbers are shown as upper-case hexadecimal text. */
export const hexLists: readonly string[] = Object.freeze([
  "battery_faults",
  "motor_faults",
  "engine_faults",
  "other_faults",
]);

const motors = (records: readonly EmqxField[]): EmqxUnit => ({
  type: 0x02,
  name: "DriveMotor",
  fields: [
    ["count", "Number"],
    ["motors", "Motors", records],
  ],
});

const units2016: readonly EmqxUnit[] = [
  { type: 0x01, name: "Vehicle", fields: [...vehicle, ["accelerator", "AcceleratorPedal"], ["brake", "BrakePedal"]] },
  motors([...motor, ["voltage", "InputVoltage"], ["current", "DCBusCurrent"]]),
  {
    type: 0x03,
    name: "FuelCell",
    fields: [
      ["voltage", "CellVoltage"],
      ["current", "CellCurrent"],
      ["consumption", "FuelConsumption"],
      ["probe_count", "ProbeNum"],
      ["probe_temps", "ProbeTemps"],
      ...hydrogen,
    ],
  },
  {
    type: 0x04,
    name: "Engine",
    fields: [
      ["status", "Status"],
      ["speed", "CrankshaftSpeed"],
      ["consumption", "FuelConsumption"],
    ],
  },
  {
    type: 0x05,
    name: "Location",
    fields: [
      ["status", "Status"],
      ["longitude", "Longitude"],
      ["latitude", "Latitude"],
    ],
  },
  {
    type: 0x06,
    name: "Extreme",
    fields: [
      ["max_v_subsys", "MaxVoltageBatterySubsysNo"],
      ["max_v_cell", "MaxVoltageBatteryCode"],
      ["max_v", "MaxBatteryVoltage"],
      ["min_v_subsys", "MinVoltageBatterySubsysNo"],
      ["min_v_cell", "MinVoltageBatteryCode"],
      ["min_v", "MinBatteryVoltage"],
      ["max_t_subsys", "MaxTempSubsysNo"],
      ["max_t_probe", "MaxTempProbeNo"],
      ["max_t", "MaxTemp"],
      ["min_t_subsys", "MinTempSubsysNo"],
      ["min_t_probe", "MinTempProbeNo"],
      ["min_t", "MinTemp"],
    ],
  },
  { type: 0x07, name: "Alarm", fields: alarm },
  {
    type: 0x08,
    name: "ChargeableVoltage",
    fields: [
      ["count", "Number"],
      [
        "subsystems",
        "SubSystems",
        [
          ["no", "ChargeableSubsysNo"],
          ["voltage", "ChargeableVoltage"],
          ["current", "ChargeableCurrent"],
          ["cells_total", "CellsTotal"],
          ["frame_start", "FrameCellsIndex"],
          ["frame_cells", "FrameCellsCount"],
          ["cells", "CellsVoltage"],
        ],
      ],
    ],
  },
  {
    type: 0x09,
    name: "ChargeableTemp",
    fields: [
      ["count", "Number"],
      [
        "subsystems",
        "SubSystems",
        [
          ["no", "ChargeableSubsysNo"],
          ["probe_count", "ProbeNum"],
          ["temps", "ProbesTemp"],
        ],
      ],
    ],
  },
];

const units2025: readonly EmqxUnit[] = [
  { type: 0x01, name: "Vehicle", fields: vehicle },
  motors(motor),
  {
    type: 0x03,
    name: "FuelCell",
    fields: [...hydrogen, ["h2_remaining", "RemainingH2"], ["dcdc_temp", "DCDCTemp"]],
  },
  { type: 0x04, name: "Engine", fields: [["speed", "CrankshaftSpeed"]] },
  {
    type: 0x05,
    name: "Location",
    fields: [
      ["status", "Status"],
      ["coordinate_system", "CoordinateSystem"],
      ["longitude", "Longitude"],
      ["latitude", "Latitude"],
    ],
  },
  {
    type: 0x06,
    name: "Alarm",
    fields: [
      ...alarm,
      ["general_count", "FaultGeneralNum"],
      [
        "general",
        "FaultGeneralList",
        [
          ["bit", "No"],
          ["level", "Level"],
        ],
      ],
    ],
  },
  {
    type: 0x07,
    name: "MinVoltageOfPowerBattery",
    fields: [
      ["count", "Number"],
      [
        "packs",
        "SubSystems",
        [
          ["no", "BatteryPackNo"],
          ["voltage", "BatteryPackVoltage"],
          ["current", "BatteryPackCurrent"],
          ["cells_total", "MinParallelUnitTotal"],
          ["cells", "MinParallelUnitVoltage"],
        ],
      ],
    ],
  },
  {
    type: 0x08,
    name: "TempOfPowerBattery",
    fields: [
      ["count", "Number"],
      [
        "subsystems",
        "SubSystems",
        [
          ["no", "BatteryPackNo"],
          ["probe_count", "ProbeNum"],
          ["temps", "ProbesTemp"],
        ],
      ],
    ],
  },
  {
    type: 0x30,
    name: "FuelCellStack",
    fields: [
      ["count", "Number"],
      [
        "stacks",
        "Stacks",
        [
          ["no", "FuelCellStackNo"],
          ["voltage", "Voltage"],
          ["current", "Current"],
          ["h2_press", "H2InletPressure"],
          ["air_press", "AirInletPressure"],
          ["air_temp", "AirInletTemp"],
          ["probe_count", "StackProbeNum"],
          ["temps", "StackProbeTemp"],
        ],
      ],
    ],
  },
  {
    type: 0x31,
    name: "SuperCapacitor",
    fields: [
      ["no", "ManagerSysNo"],
      ["voltage", "TotalVoltage"],
      ["current", "TotalCurrent"],
      ["cells_total", "CellsTotal"],
      ["cells", "CellsVoltage"],
      ["probe_count", "ProbeNum"],
      ["temps", "ProbeTemp"],
    ],
  },
  {
    type: 0x32,
    name: "SuperCapacitorExtreme",
    fields: [
      ["max_v_system", "MaxVoltageManagerSysNo"],
      ["max_v_cell", "MaxVoltageCellCode"],
      ["max_v", "MaxVoltageValue"],
      ["min_v_system", "MinVoltageManagerSysNo"],
      ["min_v_cell", "MinVoltageCellCode"],
      ["min_v", "MinVoltageValue"],
      ["max_t_system", "MaxTempManagerSysNo"],
      ["max_t_probe", "MaxTempProbeCode"],
      ["max_t", "MaxTempValue"],
      ["min_t_system", "MinTempManagerSysNo"],
      ["min_t_probe", "MinTempProbeCode"],
      ["min_t", "MinTempValue"],
    ],
  },
];

export function emqxUnits(version: Gbt32960Version): readonly EmqxUnit[] {
  return version === 2016 ? units2016 : units2025;
}
