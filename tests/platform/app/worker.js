/** For workerd and edge routes: each question of the runner is a path. */
import { firstToken, largeModel, multiply, smoke } from "./smoke.js";

export async function answer(request) {
  const url = new URL(request.url);
  const question = url.searchParams.get("ask");
  if (question === "smoke") return Response.json(await smoke());
  if (question === "token") return Response.json(await firstToken());
  if (question === "memory") return Response.json(await largeModel(url.searchParams.get("weights")));
  if (question === "multiply") return Response.json(multiply(Number(url.searchParams.get("times"))) ?? null);
  return new Response("hello");
}

export default { fetch: answer };
