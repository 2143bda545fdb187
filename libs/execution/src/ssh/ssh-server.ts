import type { HostKey, SshConfig } from '@cronium/server-types';

/** How to sign in at a host, decrypted. */
export type SshCredentials =
  | { readonly kind: 'password'; readonly password: string }
  | {
      readonly kind: 'private_key';
      /** OpenSSH, PEM (PKCS#1, SEC1, PKCS#8) or PuTTY; ed25519, RSA or ECDSA. */
      readonly privateKey: string;
      readonly passphrase?: string;
    };

/** An ssh host as the engine sees it. */
export interface SshServer {
  readonly id: string;
  readonly type: 'ssh';
  readonly sshConfig: SshConfig;
  /** The approved key; null while none is, and then nothing runs there. */
  readonly hostKey: HostKey | null;
  readonly credentials: SshCredentials;
  /** The host to reach it through. */
  readonly jump: SshServer | null;
}
