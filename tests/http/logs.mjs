/* What core's log says about the whole run: no crash, no broken invariant, nothing that
   somebody would have to act on; under the sanitizers no report. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { allLogs } from "./world.mjs";

/* Told on purpose, while faults.krt takes the database away or stops auth, and forget.mjs
   cuts off the audit log and hides a file from a ZIP. */
const known = ["db.hangs", "request.failed", "live.", "auth.unreachable", "audit.cut"];

const isOdd = (line) => {
	const event = line.match(/ event=(\S+)/)?.[1] ?? "";
	if (/AddressSanitizer|runtime error:|Segmentation fault/.test(line)) return true;
	if (/^(panic|process\.died|worker\.|route\.out_of_order|process\.not_confined)/.test(event)) return true;
	if (line.includes(" level=error ") && !known.some((k) => event.startsWith(k))) return true;
	return (event === "request.failed" && / status=500\b/.test(line) && !/zip: the stream broke off/.test(line)) ||
		(/\[(alert|crit|emerg)\]/.test(line) && !/connect\(\) to unix:/.test(line));
};

export default async function (tally) {
	for (const [path, text] of allLogs()) {
		const odd = text.split("\n").filter(isOdd);
		tally.check(odd.length === 0, `${odd.length} lines of ${path} that should not be there`, odd.slice(0, 12).join("\n"));
	}
	const asan = process.env.KR_TEST_ASAN;
	if (!asan) return;
	const reports = readdirSync(asan).map((f) => readFileSync(join(asan, f), "utf8"));
	tally.check(reports.length === 0, `${reports.length} reports of the sanitizers`, () => reports.slice(0, 3).join("\n"));
}
