import { opSuite } from "../support/opSuite.ts";
import { productCases } from "./cases/product.ts";

opSuite(productCases);
