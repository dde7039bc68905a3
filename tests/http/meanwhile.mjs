/* What other people see while a program of ours does its worst: a pupil asks for a page again
   and again. The program ends with "N passed, N failed", which counts here. */
import { spawn } from "node:child_process";
import { basename } from "node:path";
import { people, sleep } from "./world.mjs";

/* How often which status came, how long the slowest but two took in ms (one or two may meet a
   machine that stands still; who is held up, is held up again), and what the program said. */
export async function pagesWhile(tally, script, ...args) {
	const p = people.pupil.browser, child = spawn(process.execPath, [script, ...args]);
	const seen = { 200: 0 };
	const times = [];
	let output = "", done = false;
	child.stdout.on("data", (d) => (output += d));
	child.stderr.on("data", (d) => (output += d));
	const ended = new Promise((ok) => child.on("close", (code) => ((done = true), ok(code))));
	while (!done) {
		const a = await p.get("/tasks");
		seen[a.status] = (seen[a.status] ?? 0) + 1;
		times.push(a.ms);
		await sleep(20);
	}
	await ended;
	const [, passed, failed] = output.match(/(\d+) passed, (\d+) failed\s*$/) ?? [0, 0, 1];
	tally.pass(Number(passed));
	for (let i = 0; i < Number(failed); i++) tally.fail(basename(script), i === 0 ? output : "");
	return { seen, longest: times.sort((x, y) => y - x)[Math.min(2, times.length - 1)], output };
}
