import { opSuite } from "../support/opSuite.ts";
import { shapeCases } from "./cases/shape.ts";

opSuite(shapeCases);
