import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** What the Makefile in the package does when it is asked for the kernel. */
type FakeBuild = 'works' | 'fails' | 'hangs' | 'drops-options';

export interface FakeSource {
  /** Goes in front of PATH: an apt that has one package, and tools that are only asked for. */
  readonly bin: string;
  /** Puts another version into the archive. */
  offer(version: string, build: FakeBuild): void;
}

/** How long the compilers of `hangs` sleep, in seconds: no other process has that argument. */
export const HANGING = `31536000.${process.pid}`;

/**
 * A package archive whose linux-source is a real package with a real, small tree and Makefile: a
 * kernel is "built" in an instant, by the real apt-less rest: dpkg-deb, tar and make.
 */
export function fakeKernelSource(folder: string): FakeSource {
  const bin = join(folder, 'bin');
  const archive = join(folder, 'archive');
  mkdirSync(bin);
  mkdirSync(archive);
  script(join(bin, 'apt-cache'), APT_CACHE.replaceAll('ARCHIVE', archive));
  script(join(bin, 'apt-get'), APT_GET.replaceAll('ARCHIVE', archive));
  script(join(bin, 'gcc'), "echo 'gcc (Fake) 12.2.0'");
  for (const tool of ['flex', 'bison', 'bc']) script(join(bin, tool), 'exit 0');
  return {
    bin,
    offer(version, build) {
      const root = join(folder, `package-${version}-${build}`);
      const tree = join(root, 'linux-source-6.1');
      mkdirSync(tree, { recursive: true });
      writeFileSync(join(tree, 'Makefile'), makefile(version, build));
      writeFileSync(join(tree, 'image'), fakeBzImage());
      const content = join(root, 'content');
      mkdirSync(join(content, 'usr/src'), { recursive: true });
      mkdirSync(join(content, 'DEBIAN'));
      const control = ['Package: linux-source-6.1', `Version: ${version}`, 'Architecture: all'];
      const rest = ['Maintainer: Nobody <nobody@example.org>', 'Description: a fake', ''];
      writeFileSync(join(content, 'DEBIAN/control'), [...control, ...rest].join('\n'));
      const tarball = join(content, 'usr/src/linux-source-6.1.tar.xz');
      execFileSync('tar', ['-C', root, '-cJf', tarball, 'linux-source-6.1']);
      execFileSync('dpkg-deb', ['-b', content, join(archive, 'linux-source-6.1_all.deb')], {
        stdio: 'ignore',
      });
      writeFileSync(join(archive, 'version'), version);
    },
  };
}

function script(path: string, text: string): void {
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}

const APT_CACHE = `
case "$*" in
*'depends linux-source') echo 'linux-source'; echo '  Depends: linux-source-6.1' ;;
*'depends '*) echo '  Depends: libc6' ;;
*show*) echo 'Package: linux-source-6.1'; echo "Version: $(cat ARCHIVE/version)" ;;
esac`;

const APT_GET = `
case "$*" in
*download*) cp ARCHIVE/*.deb . ;;
esac`;

function makefile(version: string, build: FakeBuild): string {
  const configure =
    build === 'drops-options'
      ? "grep -v -e EXT4_FS= -e VIRTIO_NET= '$(KCONFIG_ALLCONFIG)' >.config"
      : "cp '$(KCONFIG_ALLCONFIG)' .config";
  const compile = {
    works: 'true',
    'drops-options': 'true',
    fails: "echo 'a.c:1: error: no such thing' >&2; exit 1",
    // Two deep, as make and its compilers are, with a file in TMPDIR as a compiler has.
    hangs: `: >"$$TMPDIR/cc.s"; sh -c 'sleep ${HANGING} & sleep ${HANGING}'`,
  }[build];
  return `allnoconfig:
\t@${configure}
bzImage:
\t@echo '  CC      init/main.o'
\t@${compile}
\t@mkdir -p arch/x86/boot include/config
\t@cp image arch/x86/boot/bzImage
\t@echo ${version}-domstart >include/config/kernel.release
`;
}

/** A setup header of the x86 boot protocol 2.8 and behind it an "ELF file", compressed. */
function fakeBzImage(): Buffer {
  const payload = Buffer.concat([gzipSync('\x7fELF and no more'), Buffer.alloc(4)]);
  const setup = Buffer.alloc(1024);
  setup[0x1f1] = 1;
  setup.write('HdrS', 0x202, 'latin1');
  setup.writeUInt16LE(0x208, 0x206);
  setup.writeUInt32LE(0, 0x248);
  setup.writeUInt32LE(payload.length, 0x24c);
  return Buffer.concat([setup, payload]);
}
