import { expect } from "chai";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Finding } from "../../src/api/views.ts";
import { loadCertificate } from "../../src/daemon/certificate.ts";
import type { Config } from "../../src/daemon/config.ts";
import { placesIn } from "../../src/daemon/directory.ts";
import { diagnoseDisk } from "../../src/daemon/doctor.ts";
import { HashlaneError } from "../../src/protocol/error.ts";

describe("a node's certificate", () => {
  let directory: string;
  let file: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "hashlane-certificate-"));
    file = join(directory, "certificate.pem");
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it("is made once, readable by its owner alone, and found again", async () => {
    const made = await loadCertificate(file);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    const before = readFileSync(file, "utf8");
    const found = await loadCertificate(file);
    expect(readFileSync(file, "utf8")).to.equal(before);
    for (const part of ["certificate", "privateKey"] as const) {
      expect(found[part].trim()).to.equal(made[part].trim());
    }
  });

  function certificateFinding(): Finding | undefined {
    const config = { tokenFile: join(directory, "api-token") } as Config;
    return diagnoseDisk(config, placesIn(directory)).find(({ check }) => check === "certificate");
  }

  it("is looked at by the doctor, also before the first start", async () => {
    expect(certificateFinding()).to.include({ level: "ok", found: "none yet: the first start makes it" });
    await loadCertificate(file);
    expect(certificateFinding()).to.include({
      level: "ok",
      found: `${file} is in order, for TLS with peers`,
    });
    chmodSync(file, 0o640);
    const config = { tokenFile: join(directory, "api-token") } as Config;
    const secrets = diagnoseDisk(config, placesIn(directory)).filter(({ found }) => found.includes(file));
    expect(secrets.map(({ level }) => level)).to.deep.equal(["warning", "ok"]);
  });

  it("is refused if it is damaged or its key is another's, and the text says that it may be deleted", async () => {
    await loadCertificate(file);
    const own = readFileSync(file, "utf8");
    const other = join(directory, "other.pem");
    await loadCertificate(other);
    const foreign = readFileSync(other, "utf8").replace(/-----BEGIN CERT[^]*$/, "");
    const certificate = own.slice(own.indexOf("-----BEGIN CERT"));
    for (const [text, problem] of [
      ["", /./],
      [own.slice(0, own.length / 2), /./],
      [certificate, /./],
      [foreign + certificate, /^the private key is that of another certificate$/],
    ] as const) {
      writeFileSync(file, text);
      const failure: unknown = await loadCertificate(file).catch((thrown: unknown) => thrown);
      if (!(failure instanceof HashlaneError)) throw new Error("it was taken");
      expect(failure.code).to.equal("certificate_bad");
      expect(failure.parts?.given).to.include({ file });
      expect(failure.parts?.given?.problem).to.match(problem);
      expect(failure.parts?.next).to.match(/^Delete the file/);
      expect(failure.message).not.to.include("PRIVATE KEY");
      expect(certificateFinding()).to.deep.include({ level: "failure", next: failure.parts?.next });
    }
  });
});
