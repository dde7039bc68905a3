/* Files to upload, made here: nothing that a scanner on the developer's machine would find
   lies in the repository. */
export const eicar = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}", "$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!", "$H+H*"].join("");

const crc = (bytes) => {
	let c = ~0;
	for (const b of bytes) {
		c ^= b;
		for (let k = 0; k < 8; k++) c = (c >>> 1) ^ (c & 1 ? 0xedb88320 : 0);
	}
	return ~c >>> 0;
};
/* One file, stored, not compressed. */
export function zip(name, bytes) {
	const n = Buffer.from(name), b = Buffer.from(bytes);
	const common = Buffer.alloc(26);
	common.writeUInt16LE(20, 0);
	common.writeUInt32LE(crc(b), 10);
	common.writeUInt32LE(b.length, 14);
	common.writeUInt32LE(b.length, 18);
	common.writeUInt16LE(n.length, 22);
	const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, n, b]);
	const central = Buffer.concat([Buffer.from("PK\x01\x02\x14\x00"), common, Buffer.alloc(14), n]);
	central.writeUInt32LE(0, 42);
	const end = Buffer.alloc(22);
	end.write("PK\x05\x06");
	end.writeUInt16LE(1, 8);
	end.writeUInt16LE(1, 10);
	end.writeUInt32LE(central.length, 12);
	end.writeUInt32LE(local.length, 16);
	return Buffer.concat([local, central, end]);
}

const pdf = `%PDF-1.4
1 0 obj
<</Type/Catalog/Pages 2 0 R>>
endobj
2 0 obj
<</Type/Pages/Kids[3 0 R]/Count 1>>
endobj
3 0 obj
<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>
endobj
trailer<</Size 4/Root 1 0 R>>
%%EOF
`;
const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAFUlEQVR4nGNkYPjPgBsw4ZEbwdIAJR4BEzWdBwsAAAAASUVORK5CYII=", "base64");

/* By name in a script: work=@photo.png */
export function file(name) {
	const made = {
		"aufgabe.pdf": pdf,
		"photo.png": png,
		"notiz.txt": "Größe: 3 m², Länge: 5 m\n",
		"geheim.txt": "Rechnung an die Schulleitung\n",
		"eicar.txt": eicar,
		"eicar.zip": () => zip("brief.txt", eicar),
		"pupils.csv": "ID;Nachname;Vorname;Klasse\r\nM1;Krawczyk;Lena;7b\r\n",
		"broken.csv": "ID;Nachname;Vorname\r\nM1;Krawczyk;Lena\r\n",
		"gross.txt": "Zeile für Zeile\n".repeat(20000),
		"big.bin": () => Buffer.alloc(60 << 20, 7),
	}[name];
	if (made === undefined) throw new Error(`no file ${name}`);
	const bytes = typeof made === "function" ? made() : made;
	return { name, bytes };
}
