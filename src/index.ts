/** `lanegrad`: everything, with the method form of the ops. */
import "./fluent.ts";

export * from "./functions.ts";
