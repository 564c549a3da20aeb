import { opSuite } from "../support/opSuite.ts";
import { unaryCases } from "./cases/unary.ts";

opSuite(unaryCases);
