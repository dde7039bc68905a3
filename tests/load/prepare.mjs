/* What the load needs of a demo school: people who are signed in, tasks to hand in, machines
   with tokens, accounts with passwords; written as pools and classes for the generator.
   With KR_TEST_HOME and KR_TEST_PORT as the suites have them. */
import { createHash, createHmac, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { home, kreide, sql } from "../http/world.mjs";

const key = readFileSync(join(home, "secret/csrf.key"));
const mac = (of, text) => createHmac("sha256", of).update(text).digest();
const hex = (b) => `X'${b.toString("hex")}'`;
let dir;
const write = (name, lines) => writeFileSync(join(dir, name), `${lines.join("\n")}\n`);

/* A token as core's forms have it: a mask, and the token under it. */
function formToken(secret) {
	const mask = randomBytes(32), token = mac(key, secret);
	return Buffer.concat([mask, token.map((b, i) => b ^ mask[i])]).toString("base64url");
}

/* As many rows as there are, in statements of 500. */
async function insert(into, rows) {
	for (let i = 0; i < rows.length; i += 500)
		await sql(`INSERT INTO ${into} VALUES ${rows.slice(i, i + 500).map((r) => `(${r.join(",")})`).join(",")}`);
}

const tasks = 20; /* of each class */
const now = "UTC_TIMESTAMP(6)", later = `${now} + INTERVAL 20 HOUR`;

async function school() {
	for (const name of ["tasks", "news"])
		await kreide("module", "open", name, "--roles", "all", "--decision", "load");
	await sql(`INSERT INTO tasks_task (rev, title, body, group_id, due, owner_id, created, changed)
		SELECT 1, CONCAT('Ladeprobe ', s.seq), REPEAT('Lies den Text und beantworte die Fragen. ', 8), g.id,
		${now} + INTERVAL s.seq DAY, (SELECT id FROM core_person WHERE account = 'lehrerin'), ${now}, ${now}
		FROM core_group g, seq_1_to_${tasks} s WHERE g.kind = 'class' ORDER BY g.id, s.seq`);
	return sql(`SELECT m.person_id, p.account, MIN(t.id) FROM core_membership m
		JOIN core_person p ON p.id = m.person_id AND p.state = 'active'
		JOIN core_group g ON g.id = m.group_id AND g.kind = 'class'
		JOIN tasks_task t ON t.group_id = g.id AND t.title LIKE 'Ladeprobe %'
		WHERE m.role = 1 GROUP BY m.person_id ORDER BY m.person_id LIMIT 600`);
}

async function sessions(pupils) {
	const rows = [], lines = [];
	for (const [person, , first] of pupils) {
		const cookie = randomBytes(32).toString("base64url"), csrf = randomBytes(32);
		rows.push([hex(createHash("sha256").update(cookie).digest()), person, hex(csrf), now, now, now, later, "'127.0.0.0'", "'load'"]);
		lines.push([cookie, formToken(csrf), first].join("\t"));
	}
	await insert("core_session (hash, person_id, csrf, created, seen, fresh, expires, net, agent)", rows);
	write("pupils.tsv", lines);
	/* Each hand-in is one of its own: nobody hands in the same task twice. */
	const all = Array.from({ length: tasks }, (_, i) => lines.map((line) => {
		const [cookie, token, first] = line.split("\t");
		return [cookie, token, Number(first) + i].join("\t");
	})).flat();
	write("uploads.tsv", all.filter((_, i) => i % 4 === 0));
	write("handins.tsv", all.filter((_, i) => i % 4 !== 0));
}

async function machines(pupils) {
	const rows = [], lines = [];
	for (const [person] of pupils.slice(0, 100)) {
		const token = `kr_${randomBytes(32).toString("base64url")}`;
		rows.push([person, hex(createHash("sha256").update(token).digest()), "'load'", now, later]);
		lines.push(token);
	}
	await insert("kreide_auth.token (person_id, hash, label, created, expires)", rows);
	write("tokens.tsv", lines);
}

async function passwords(pupils) {
	const some = pupils.slice(0, 120), lines = [];
	await sql(`REPLACE INTO kreide_auth.credential (person_id, hash, changed)
		SELECT p.id, c.hash, ${now} FROM core_person p, kreide_auth.credential c
		WHERE c.person_id = (SELECT id FROM core_person WHERE account = 'schueler')
		AND p.id IN (${some.map((p) => p[0]).join(",")})`);
	for (let i = 0; i < 1200; i++) {
		const cookie = randomBytes(16).toString("base64url");
		lines.push([some[i % some.length][1], cookie, formToken(mac(key, `signed out ${cookie}`))].join("\t"));
	}
	write("signins.tsv", lines);
}

const person = " header Cookie: kr={1}\n header X-CSRF-Token: {2}\n";
const form = " header Content-Type: application/x-www-form-urlencoded\n expect 303\n";
const classes = {
	pages: ` pool pupils.tsv
${person} get /
 get /tasks
 get /tasks/{3}
 get /notices
 least 3000
 marker </html>
`,
	search: ` pool pupils.tsv
${person} get /news?q=klasse
 marker </html>
`,
	counter: ` pool pupils.tsv
${person} get /_notices/count
`,
	api: ` pool tokens.tsv
 header Authorization: Bearer {1}
 get /api/v1/me
 marker "account"
`,
	forms: ` pool pupils.tsv
${person} post /profile/theme
 body theme.body
${form}`,
	handins: ` pool handins.tsv once
${person} post /tasks/{3}/submit
 body answer.body
${form}`,
	uploads: ` pool uploads.tsv once
${person} post /tasks/{3}/submit
 header Content-Type: multipart/form-data; boundary=load
 body upload.body
 expect 303
`,
	signins: ` pool signins.tsv once
 header Cookie: krp={2}
 header X-CSRF-Token: {3}
 post /login
 body signin.body
${form}`,
};
const bodies = {
	"theme.body": "theme=light",
	"answer.body": `answer=Antwort+{n}+${"Das+ist+mein+Text.+".repeat(40)}`,
	"signin.body": "account={1}&password=Kreide-demo-1",
	"upload.body": `--load\r\nContent-Disposition: form-data; name="answer"\r\n\r\nAntwort {n}\r\n--load\r\n` +
		`Content-Disposition: form-data; name="work"; filename="arbeit.txt"\r\nContent-Type: text/plain\r\n\r\n` +
		`${"Eine Zeile der Arbeit.\n".repeat(900)}\r\n--load--\r\n`,
};

/* Shares by class: the file of the generator. */
export function mix(name, shares) {
	const file = join(dir, name);
	writeFileSync(file, Object.entries(shares).map(([c, share]) => `class ${c}\n share ${share}\n${classes[c]}`).join(""));
	return file;
}

export async function prepare(folder) {
	dir = folder;
	const pupils = await school();
	await sessions(pupils);
	await machines(pupils);
	await passwords(pupils);
	for (const [name, text] of Object.entries(bodies)) writeFileSync(join(dir, name), text);
}
