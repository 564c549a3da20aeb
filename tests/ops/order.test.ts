import { opSuite } from "../support/opSuite.ts";
import { orderCases } from "./cases/order.ts";

opSuite(orderCases);
