/* What people do at the school while it is backed up, and afterwards in the restored one:
   school.mjs write PORT LEDGER | fetch PORT TASK | token PORT ACCOUNT */
import { createHash } from "node:crypto";
import { appendFileSync } from "node:fs";
import { Browser } from "../http/client.mjs";

const [, , what, port, third] = process.argv;
const password = "Kreide-demo-1";
const sha = (bytes) => createHash("sha256").update(bytes).digest("hex");

/* Hands in to one task after the other, each with a file that nobody else has. A line of
   the ledger is written when the answer has come, with the time before it was asked for. */
async function write() {
	const pupil = new Browser(Number(port));
	await pupil.signIn("schueler", password);
	const list = (process.env.TASKS ?? "").split(" ");
	for (const task of list) {
		const bytes = `Aufgabe ${task}\n${sha(`${task}`).repeat(60)}\n`;
		const path = `/tasks/${task}`;
		const answer = await pupil.post(`${path}/submit`, { answer: `Antwort auf ${task}`,
			work: { name: `Blatt ${task}.txt`, bytes, type: "text/plain" } }, { on: path });
		if (answer.status !== 303) throw new Error(`task ${task}: ${answer.status}`);
		appendFileSync(third, `${Date.now()} ${task} ${sha(bytes)}\n`);
	}
}

/* The pupil signs in and downloads what was handed in: prints the checksum. */
async function fetch() {
	const pupil = new Browser(Number(port));
	await pupil.signIn("schueler", password);
	const page = await pupil.get(`/tasks/${third}`);
	const link = page.body.match(/href="(?:https?:)?\/\/(content\.[^":/]+):\d+(\/f\/[^"]+)"/);
	if (!link) throw new Error(`no file on the page: ${page.status}`);
	const file = await pupil.get(link[2].replace(/&amp;/g, "&"), { host: link[1] });
	console.log(file.status, sha(file.bytes));
}

async function token() {
	const someone = new Browser(Number(port));
	await someone.signIn(third, password);
	const page = await someone.post("/profile/token", { label: "Messung" }, { on: "/profile" });
	console.log(page.body.match(/id="token" translate="no">([\w-]+)</)[1]);
}

await { write, fetch, token }[what]();
process.exit(0);
