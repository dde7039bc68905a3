/* What both parts share: the generator as a function, and checks. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const build = process.env.KREIDE_BUILD || "build";

/* Its result; an error has its code and what it said. */
export async function load(port, file, ...args) {
	const { stdout } = await run(join(build, "load"), [...args.map(String), `127.0.0.1:${port}`, file], { maxBuffer: 1 << 26 });
	return JSON.parse(stdout);
}
export const refused = (...args) => run(join(build, "load"), args).then(() => undefined, (e) => e);

let passed = 0, failed = 0;
export function check(name, good, detail = "") {
	if (good) passed++;
	else failed++;
	console.log(`${good ? "ok  " : "FAIL"} ${name}${good || detail === "" ? "" : `: ${detail}`}`);
}
export function summary() {
	console.log(`${passed} passed, ${failed} failed`);
	return failed === 0 ? 0 : 1;
}
