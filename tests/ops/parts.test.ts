import { opSuite } from "../support/opSuite.ts";
import { partCases } from "./cases/parts.ts";

opSuite(partCases);
