// Adds what is in the image beside npm's packages, which is Debian's and Node itself, to npm's list (CycloneDX 1.5, JSON).
// It is given the files of that list and of the state of dpkg.
import { readFileSync } from 'node:fs';

const list = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const debian = readFileSync(process.argv[3], 'utf8')
  .split('\n\n')
  .map((paragraph) =>
    Object.fromEntries([...paragraph.matchAll(/^(\S+): (.*)$/gm)].map(([, key, value]) => [key, value])),
  )
  .filter(({ Status }) => Status === 'install ok installed')
  .map(({ Package: name, Version: version, Architecture: architecture }) => {
    const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}`;
    return { type: 'library', 'bom-ref': purl, name, version, purl };
  });
const version = process.versions.node;
const node = {
  type: 'application',
  'bom-ref': `pkg:generic/node@${version}`,
  name: 'node',
  version,
  purl: `pkg:generic/node@${version}`,
};

list.components.push(node, ...debian);
console.log(JSON.stringify(list));
