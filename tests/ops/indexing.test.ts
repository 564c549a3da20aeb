import { opSuite } from "../support/opSuite.ts";
import { indexingCases } from "./cases/indexing.ts";

opSuite(indexingCases);
