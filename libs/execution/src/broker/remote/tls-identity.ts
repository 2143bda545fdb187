import { KeyObject, X509Certificate, randomBytes, webcrypto } from 'node:crypto';

/** A certificate that vouches for itself, and its key; both PEM. Who has seen it once knows it again. */
export interface TlsIdentity {
  readonly certificate: string;
  readonly privateKey: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
/** It is compared as a whole, and ends when it is forgotten. RFC 5280, 4.1.2.5 has this date for "does not end". */
const endless = new Date('9999-12-31T23:59:59Z');

/** @param name who it is for, as people read it */
export async function makeIdentity(name: string): Promise<TlsIdentity> {
  // Loaded when needed: a process makes one or none.
  await import('reflect-metadata');
  const { X509CertificateGenerator } = await import('@peculiar/x509');
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: randomBytes(16).toString('hex'),
      name: [{ CN: [name] }],
      notBefore: new Date(0),
      notAfter: endless,
      signingAlgorithm: algorithm,
      keys,
    },
    webcrypto,
  );
  return {
    certificate: certificate.toString('pem'),
    privateKey: KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** SHA-256 of a certificate (PEM or DER), 64 digits of hex. The empty string for none. */
export function fingerprintOf(certificate: string | Buffer): string {
  if (certificate.length === 0) return '';
  return new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase();
}
