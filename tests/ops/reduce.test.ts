import { opSuite } from "../support/opSuite.ts";
import { reduceCases } from "./cases/reduce.ts";

opSuite(reduceCases);
