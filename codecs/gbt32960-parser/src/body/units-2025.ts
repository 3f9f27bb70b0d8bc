// A table. The units of a report in the version of 2025 (start `$$`). Five type codes mean something else than in 2016.

import { Layout, binary, number, numbers, records } from "../layout.ts";
import type { Field } from "../field.ts";
import {
  ALARMS_2016,
  alarmFields,
  chargingStates,
  motorStates,
  probes,
  vehicleModes,
  vehicleStates,
} from "./units-2016.ts";
import { cellVolts, celsius, degrees, gear, listUnit, onOff, percent, positionStatus, unit } from "./unit.ts";
import type { UnitRow } from "./unit.ts";

export const ALARMS_2025: readonly string[] = Object.freeze([
  ...ALARMS_2016,
  "motor_overspeed",
  "motor_overcurrent",
  "capacitor_hot",
  "capacitor_overvoltage",
  "thermal_event",
  "hydrogen_leak",
  "hydrogen_pressure",
  "hydrogen_temperature",
  "stack_hot",
]);

const amperes = Object.freeze({ unit: "A", per: 10, offset: -3000, max: 60_000 });
const volts = Object.freeze({ unit: "V", per: 10, max: 60_000 });
const kilopascals = Object.freeze({ unit: "kPa", per: 10, offset: -100 });

export const signatureFields: readonly Field[] = Object.freeze([
  number("sign_type", 1, { as: "algorithm", names: { 1: "SM2", 2: "RSA", 3: "ECC" } }),
  binary("r", 2),
  binary("s", 2),
]);

const motor = new Layout([
  number("no", 1, { as: "motor", max: 253 }),
  number("status", 1, { as: "state", names: motorStates }),
  number("ctrl_temp", 1, { as: "controllerTemperature", ...celsius, max: 250 }),
  number("speed", 2, { unit: "rpm", offset: -32_000, max: 65_531 }),
  number("torque", 4, { unit: "N·m", per: 10, offset: -20_000 }),
  number("temp", 1, { as: "temperature", ...celsius, max: 250 }),
]);

const pack = new Layout([
  number("no", 1, { as: "battery" }),
  number("voltage", 2, volts),
  number("current", 2, amperes),
  numbers("cells", { count: "cells_total", countWidth: 2, width: 2, ...cellVolts }),
]);

const stack = new Layout([
  number("no", 1, { as: "stack" }),
  number("voltage", 2, { unit: "V", per: 10 }),
  number("current", 2, { unit: "A", per: 10 }),
  number("h2_press", 2, { as: "hydrogenPressure", ...kilopascals }),
  number("air_press", 2, { as: "airPressure", ...kilopascals }),
  number("air_temp", 1, { as: "airTemperature", ...celsius }),
  numbers("temps", { as: "temperatures", count: "probe_count", countWidth: 2, width: 1, ...celsius }),
]);

const generalAlarm = new Layout([
  number("bit", 1, { as: "alarm", names: Object.fromEntries(ALARMS_2025.entries()) }),
  number("level", 1, { max: 4 }),
]);

export const units2025: readonly UnitRow[] = Object.freeze([
  unit(0x01, "vehicle", "vehicle", [
    number("status", 1, { as: "state", names: vehicleStates }),
    number("charging", 1, { names: chargingStates }),
    number("mode", 1, { names: vehicleModes }),
    number("speed", 2, { unit: "km/h", per: 10, max: 5000 }),
    number("mileage", 4, { unit: "km", per: 10, max: 9_999_999 }),
    number("voltage", 2, volts),
    number("current", 2, amperes),
    number("soc", 1, percent),
    number("dcdc", 1, { as: "dcDc", names: onOff }),
    gear(true),
    number("resistance", 2, { as: "insulation", unit: "kΩ", max: 60_000 }),
  ]),
  listUnit(0x02, "drive motors", records("motors", { count: "count", countWidth: 1, layout: motor })),
  unit(0x03, "fuelCell", "fuel-cell engine and hydrogen", [
    number("h2_max_temp", 2, { as: "hydrogenTemperature", unit: "°C", offset: -40 }),
    number("h2_temp_probe", 1, { as: "hydrogenTemperatureProbe" }),
    number("h2_max_conc", 2, { as: "hydrogenConcentration", unit: "%", per: 10_000 }),
    number("h2_conc_sensor", 1, { as: "hydrogenConcentrationSensor" }),
    number("h2_max_press", 2, { as: "hydrogenPressure", unit: "MPa", per: 10 }),
    number("h2_press_sensor", 1, { as: "hydrogenPressureSensor" }),
    number("hv_dcdc", 1, { as: "dcDc", names: onOff }),
    number("h2_remaining", 1, { as: "hydrogenRemaining", ...percent }),
    number("dcdc_temp", 1, { as: "dcDcTemperature", ...celsius }),
  ]),
  unit(0x04, "engine", "engine", [number("speed", 2, { unit: "rpm", max: 60_000 })]),
  unit(0x05, "position", "position", [
    positionStatus,
    number("coordinate_system", 1, { names: { 1: "WGS-84", 2: "GCJ-02", 3: "other" } }),
    degrees("longitude", 180),
    degrees("latitude", 90),
  ]),
  unit(0x06, "alarm", "alarm", [
    ...alarmFields(ALARMS_2025, 4),
    records("general", { as: "generalAlarms", count: "general_count", countWidth: 1, layout: generalAlarm }),
  ]),
  listUnit(
    0x07,
    "voltages of parallel units",
    records("packs", { as: "batteryVoltages", count: "count", countWidth: 1, layout: pack }),
  ),
  listUnit(
    0x08,
    "battery temperatures",
    records("subsystems", { as: "batteryTemperatures", count: "count", countWidth: 1, layout: probes }),
  ),
  listUnit(0x30, "fuel-cell stacks", records("stacks", { count: "count", countWidth: 1, layout: stack })),
  unit(0x31, "capacitor", "super capacitor", [
    number("no", 1, { as: "system" }),
    number("voltage", 2, { unit: "V", per: 10 }),
    number("current", 2, amperes),
    numbers("cells", { count: "cells_total", countWidth: 2, width: 2, ...cellVolts }),
    numbers("temps", { as: "temperatures", count: "probe_count", countWidth: 2, width: 1, ...celsius }),
  ]),
  unit(0x32, "capacitorExtremes", "extremes of super capacitors", [
    number("max_v_system", 1, { as: "maxVoltageSystem" }),
    number("max_v_cell", 2, { as: "maxVoltageCell" }),
    number("max_v", 2, { as: "maxVoltage", ...cellVolts }),
    number("min_v_system", 1, { as: "minVoltageSystem" }),
    number("min_v_cell", 2, { as: "minVoltageCell" }),
    number("min_v", 2, { as: "minVoltage", ...cellVolts }),
    number("max_t_system", 1, { as: "maxTemperatureSystem" }),
    number("max_t_probe", 2, { as: "maxTemperatureProbe" }),
    number("max_t", 1, { as: "maxTemperature", ...celsius }),
    number("min_t_system", 1, { as: "minTemperatureSystem" }),
    number("min_t_probe", 2, { as: "minTemperatureProbe" }),
    number("min_t", 1, { as: "minTemperature", ...celsius }),
  ]),
  unit(0xff, "signature", "signature", signatureFields),
]);
