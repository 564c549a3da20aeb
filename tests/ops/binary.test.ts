import { opSuite } from "../support/opSuite.ts";
import { binaryCases } from "./cases/binary.ts";

opSuite(binaryCases);
