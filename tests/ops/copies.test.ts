import { opSuite } from "../support/opSuite.ts";
import { copyCases } from "./cases/copies.ts";

opSuite(copyCases);
