/** What is added to the system of an image: packages, scripts, users, lines of its own files. */
import { append, domainOf } from '../job-draft.ts';
import { integer } from './numbers.ts';
import { passwordClash, passwordOf, secretOf } from './password.ts';
import { argument, listOf, OWN, type Stanza, stanza } from './stanza.ts';
import { address, choice, matching, text } from './words.ts';

const common = { dialects: OWN, domain: true } as const;

/** Neither an option of apt's (`-y`) nor its way of saying that a package is removed (`name-`). */
const packageName = matching(
  /^[a-z0-9](?:[a-z0-9+.-]*[a-z0-9+.])(?::[a-z0-9-]+)?(?:=[A-Za-z0-9.+~:-]+)?$/,
  'the name of a package, as apt takes it: lighttpd or lighttpd=1.4.69-1',
);

const hostName = matching(/^[A-Za-z0-9${][A-Za-z0-9.${}:_-]*$/, 'a host name');

const userName = matching(
  /^[a-z_][a-z0-9_-]{0,31}$/,
  'a name of small letters, digits, `_` and `-`, at most 32',
);

/** A field of a line whose fields are divided by white space. */
const field = matching(/^[^\s#][^\s]*$/, 'a text without blanks; \\040 stands for one');

const flagNumber = integer({
  code: 'illegal-argument',
  message: 'Illegal argument, expected a number',
  from: 0,
  to: 9,
});

export const IMAGE_SYSTEM_STANZAS: readonly Stanza[] = [
  stanza({
    ...common,
    words: 'image install',
    help: 'Debian packages to install; may be repeated.',
    example: 'image install lighttpd openssh-server',
    arguments: [argument('PACKAGE', packageName, 'some')],
    get: ({ domain }) => listOf(domain?.image.packages ?? []),
    set: (job, names) => {
      const { image } = domainOf(job);
      image.packages = append(image.packages, names);
    },
  }),
  {
    ...common,
    words: 'image script',
    help: 'A shell script that is run inside the image when it is built; may be repeated.',
    example: 'image script\n    echo noklus > /etc/motd\nend script',
    form: {
      kind: 'block',
      get: ({ domain }) => domain?.image.scripts ?? [],
      set: (job, script) => {
        const { image } = domainOf(job);
        image.scripts = append(image.scripts, [script]);
      },
    },
  },
  stanza({
    ...common,
    words: 'image hosts',
    help: "A line of the guest's /etc/hosts; may be repeated.",
    example: 'image hosts 10.0.0.1 dom0 dom0.example.org',
    arguments: [argument('ADDRESS', address), argument('NAME', hostName, 'some')],
    get: ({ domain }) =>
      (domain?.image.hosts ?? []).map((host) => [host.address, host.names] as const),
    set: (job, where, names) => {
      const { image } = domainOf(job);
      image.hosts = append(image.hosts, [{ address: where, names }]);
    },
  }),
  stanza({
    ...common,
    words: 'image fstab',
    help: "A line of the guest's /etc/fstab; may be repeated.",
    example: 'image fstab /dev/xvdb /srv ext4 noatime 0 2',
    arguments: [
      argument('DEVICE', field),
      argument('FOLDER', matching(/^(?:\/[^\s]*|none|swap)$/, 'an absolute path, none or swap')),
      argument('TYPE', field),
      argument('OPTIONS', field, 'optional'),
      argument('DUMP', flagNumber, 'optional'),
      argument('PASS', flagNumber, 'optional'),
    ],
    get: ({ domain }) =>
      (domain?.image.mounts ?? []).map(
        (mount) =>
          [mount.device, mount.folder, mount.type, mount.options, mount.dump, mount.pass] as const,
      ),
    set: (job, device, folder, type, options, dump, pass) => {
      const { image } = domainOf(job);
      const mount = {
        device,
        folder,
        type,
        ...(options === undefined ? {} : { options }),
        ...(dump === undefined ? {} : { dump }),
        ...(pass === undefined ? {} : { pass }),
      };
      image.mounts = append(image.mounts, [mount]);
    },
  }),
  stanza({
    ...common,
    words: 'image password',
    help: "A user's password: none that works, a hash as crypt(5) has it, or the first line of a file of the host. Users without this stanza are locked, root too.",
    example: "image password root hash '$6$Xq3.hT/Qw9$pA7bYc'",
    arguments: [
      argument('USER', userName),
      argument('HOW', choice('locked', 'hash', 'file')),
      argument('HASH|FILE', text, 'optional'),
    ],
    once: { dialect: 'domstart', slot: 'image password', eachFirst: true },
    check: (_user, how, value) => passwordClash(how, value),
    get: ({ domain }) =>
      (domain?.image.passwords ?? []).map(
        (password) => [password.user, password.kind, secretOf(password)] as const,
      ),
    set: (job, user, how, value) => {
      const { image } = domainOf(job);
      image.passwords = append(image.passwords, [passwordOf(user, how, value)]);
    },
  }),
  stanza({
    ...common,
    words: 'image user',
    help: 'A user to make, and the groups it is in; may be repeated.',
    example: 'image user worker sudo adm',
    arguments: [argument('NAME', userName), argument('GROUP', userName, 'any')],
    once: { dialect: 'domstart', slot: 'image user', eachFirst: true },
    check: (name) =>
      name === 'root'
        ? {
            argument: 0,
            code: 'illegal-argument',
            message: 'Illegal argument: every system has root',
            hint: 'its password is set by `image password root …`',
          }
        : undefined,
    get: ({ domain }) =>
      (domain?.image.users ?? []).map((user) => [user.name, user.groups] as const),
    set: (job, name, groups) => {
      const { image } = domainOf(job);
      image.users = append(image.users, [{ name, groups }]);
    },
  }),
];
