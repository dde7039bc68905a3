/* main.mjs [--full]: the generator, then the school under load. */
import { close } from "../http/world.mjs";
import { summary } from "./lib.mjs";
import { measure } from "./overload.mjs";

const full = process.argv.includes("--full");
if (!full) await (await import("./generator.mjs")).generator();
await measure(full);
await close();
process.exit(summary());
