// A table. The units of a report in the version of 2016 (start `##`). Ranges are the standard's; a value beyond them is
// shown and marked. Types 0x80–0xFE carry their length and are read without a row.

import type { Field } from "../field.ts";
import { Layout, number, numbers, records, special } from "../layout.ts";
import { own } from "../field.ts";
import {
  alarmFlags,
  cellVolts,
  celsius,
  degrees,
  gear,
  listUnit,
  onOff,
  percent,
  positionStatus,
  unit,
} from "./unit.ts";
import type { UnitRow } from "./unit.ts";

export const ALARMS_2016: readonly string[] = Object.freeze([
  "temperature_difference",
  "battery_hot",
  "pack_overvoltage",
  "pack_undervoltage",
  "soc_low",
  "cell_overvoltage",
  "cell_undervoltage",
  "soc_high",
  "soc_jump",
  "battery_mismatch",
  "cell_inconsistency",
  "insulation",
  "dcdc_temperature",
  "brake",
  "dcdc_state",
  "motor_controller_temperature",
  "hv_interlock",
  "motor_temperature",
  "overcharge",
]);

export const vehicleStates = Object.freeze({ 1: "on", 2: "off", 3: "other" });
export const chargingStates = Object.freeze({ 1: "parked", 2: "driving", 3: "none", 4: "done" });
export const vehicleModes = Object.freeze({ 1: "electric", 2: "hybrid", 3: "fuel" });
export const motorStates = Object.freeze({ 1: "consuming", 2: "generating", 3: "off", 4: "ready" });

const amperes = Object.freeze({ unit: "A", per: 10, offset: -1000, max: 20_000 });
const volts = Object.freeze({ unit: "V", per: 10, max: 10_000 });
const BRAKE_ON = 0x65;

/** 0–100 %, and 0x65 for a brake that is on and has no value. */
const brake: Field = special(
  "brake",
  1,
  "brakePedal",
  "%; 101 is shown as on",
  (value, into, marks): void => {
    if (value >= 0xfe) (value === 0xfe ? marks.abnormal : marks.invalid).push("brakePedal");
    else if (value > BRAKE_ON) marks.outOfRange.push("brakePedal");
    into["brakePedal"] = value >= 0xfe ? null : value === BRAKE_ON ? "on" : value;
  },
  (native): unknown => {
    const value = own(native, "brakePedal");
    if (value === "on") return BRAKE_ON;
    const marks = own(native, "abnormal");
    return value === null ? (Array.isArray(marks) && marks.includes("brakePedal") ? 0xfe : 0xff) : value;
  },
);

const motor = new Layout([
  number("no", 1, { as: "motor", max: 253 }),
  number("status", 1, { as: "state", names: motorStates }),
  number("ctrl_temp", 1, { as: "controllerTemperature", ...celsius, max: 250 }),
  number("speed", 2, { unit: "rpm", offset: -20_000, max: 65_531 }),
  number("torque", 2, { unit: "N·m", per: 10, offset: -2000, max: 65_531 }),
  number("temp", 1, { as: "temperature", ...celsius, max: 250 }),
  number("voltage", 2, { unit: "V", per: 10, max: 60_000 }),
  number("current", 2, amperes),
]);

const battery = new Layout([
  number("no", 1, { as: "battery", max: 250 }),
  number("voltage", 2, volts),
  number("current", 2, amperes),
  number("cells_total", 2),
  number("frame_start", 2, { as: "firstCell" }),
  numbers("cells", { count: "frame_cells", countWidth: 1, width: 2, ...cellVolts }),
]);

export const probes = new Layout([
  number("no", 1, { as: "battery", max: 250 }),
  numbers("temps", { as: "temperatures", count: "probe_count", countWidth: 2, width: 1, ...celsius, max: 250 }),
]);

export const units2016: readonly UnitRow[] = Object.freeze([
  unit(0x01, "vehicle", "vehicle", [
    number("status", 1, { as: "state", names: vehicleStates }),
    number("charging", 1, { names: chargingStates }),
    number("mode", 1, { names: vehicleModes }),
    number("speed", 2, { unit: "km/h", per: 10, max: 2200 }),
    number("mileage", 4, { unit: "km", per: 10, max: 9_999_999 }),
    number("voltage", 2, volts),
    number("current", 2, amperes),
    number("soc", 1, percent),
    number("dcdc", 1, { as: "dcDc", names: onOff }),
    gear(false),
    number("resistance", 2, { as: "insulation", unit: "kΩ", max: 60_000 }),
    number("accelerator", 1, { as: "acceleratorPedal", ...percent }),
    brake,
  ]),
  listUnit(0x02, "drive motors", records("motors", { count: "count", countWidth: 1, layout: motor })),
  unit(0x03, "fuelCell", "fuel cell", [
    number("voltage", 2, { unit: "V", per: 10, max: 20_000 }),
    number("current", 2, { unit: "A", per: 10, max: 20_000 }),
    number("consumption", 2, { unit: "kg/100 km", per: 100, max: 60_000 }),
    numbers("probe_temps", { as: "temperatures", count: "probe_count", countWidth: 2, width: 1, ...celsius, max: 240 }),
    number("h2_max_temp", 2, { as: "hydrogenTemperature", unit: "°C", per: 10, offset: -40, max: 2400 }),
    number("h2_temp_probe", 1, { as: "hydrogenTemperatureProbe", max: 252 }),
    number("h2_max_conc", 2, { as: "hydrogenConcentration", unit: "mg/kg", max: 60_000 }),
    number("h2_conc_sensor", 1, { as: "hydrogenConcentrationSensor", max: 252 }),
    number("h2_max_press", 2, { as: "hydrogenPressure", unit: "MPa", per: 10, max: 1000 }),
    number("h2_press_sensor", 1, { as: "hydrogenPressureSensor", max: 252 }),
    number("hv_dcdc", 1, { as: "dcDc", names: onOff }),
  ]),
  unit(0x04, "engine", "engine", [
    number("status", 1, { as: "state", names: onOff }),
    number("speed", 2, { unit: "rpm", max: 60_000 }),
    number("consumption", 2, { unit: "L/100 km", per: 100, max: 60_000 }),
  ]),
  unit(0x05, "position", "position", [positionStatus, degrees("longitude", 180), degrees("latitude", 90)]),
  unit(0x06, "extremes", "extremes", [
    number("max_v_subsys", 1, { as: "maxVoltageBattery", max: 250 }),
    number("max_v_cell", 1, { as: "maxVoltageCell", max: 250 }),
    number("max_v", 2, { as: "maxVoltage", ...cellVolts, max: 15_000 }),
    number("min_v_subsys", 1, { as: "minVoltageBattery", max: 250 }),
    number("min_v_cell", 1, { as: "minVoltageCell", max: 250 }),
    number("min_v", 2, { as: "minVoltage", ...cellVolts, max: 15_000 }),
    number("max_t_subsys", 1, { as: "maxTemperatureBattery", max: 250 }),
    number("max_t_probe", 1, { as: "maxTemperatureProbe", max: 250 }),
    number("max_t", 1, { as: "maxTemperature", ...celsius, max: 250 }),
    number("min_t_subsys", 1, { as: "minTemperatureBattery", max: 250 }),
    number("min_t_probe", 1, { as: "minTemperatureProbe", max: 250 }),
    number("min_t", 1, { as: "minTemperature", ...celsius, max: 250 }),
  ]),
  unit(0x07, "alarm", "alarm", alarmFields(ALARMS_2016, 3)),
  listUnit(
    0x08,
    "cell voltages",
    records("subsystems", { as: "batteryVoltages", count: "count", countWidth: 1, layout: battery }),
  ),
  listUnit(
    0x09,
    "battery temperatures",
    records("subsystems", { as: "batteryTemperatures", count: "count", countWidth: 1, layout: probes }),
  ),
]);

function faultList(name: string): Field {
  return numbers(`${name}_faults`, { count: `${name}_fault_count`, countWidth: 1, width: 4, hasSentinels: false });
}

/** Level, flags, and four lists of the makers' own fault codes. */
export function alarmFields(names: readonly string[], levelMax: number): Field[] {
  return [
    number("level", 1, { max: levelMax }),
    alarmFlags(names),
    faultList("battery"),
    faultList("motor"),
    faultList("engine"),
    faultList("other"),
  ];
}
