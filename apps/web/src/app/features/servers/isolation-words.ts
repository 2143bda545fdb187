import { isolationSchema, type Isolation } from '@cronium/server-types';

import type { ChoiceWords } from './setup-choice';

/** Its cautions are what a job has with isolation `job` and not there. */
export interface IsolationWords extends ChoiceWords {
  /** For the facts of a server, where there is one line. */
  readonly fact: string;
}

/** What keeps the jobs of a container server apart, in plain words; docs/security.md says the same at length. */
export const isolationWords: Record<Isolation, IsolationWords> = {
  job: {
    title: 'A container for each job',
    fact: 'A fresh container for each job',
    summary: 'One hardened container a job, used once and removed with all that was written in it.',
    notes: [
      'The strongest. For scripts that you do not trust, or whose owners do not trust each other.',
      'Starts in milliseconds from containers kept ready; an engine makes only so many of them a second.',
    ],
    cautions: [],
  },
  namespace: {
    title: 'Namespaces for each job',
    fact: 'Namespaces of its own for each job, in one long-lived container',
    summary:
      'One long-lived hardened container. In it each job has user, mount, process, network, IPC and UTS namespaces, a temporary disk and a narrower set of system calls of its own.',
    notes: [
      'Made in milliseconds, without the engine: many more jobs a second.',
      'The kernel must allow unprivileged user namespaces; the server’s health says if it does not.',
    ],
    cautions: [
      'Memory and processes of one job are watched by its runner, and its processor share is not held: the kernel holds the container as a whole. For a moment a job may take what its neighbours wanted. With Docker 28 or newer and cgroup v2 the kernel holds each job.',
      'The container may make three more system calls (mount, unshare, sethostname), its /proc is not masked and Docker’s AppArmor profile is off. A job’s first process gives the calls up before its script begins.',
      'One runner, outside of the namespaces, serves all jobs of the container. A script reaches its own helper socket and nothing else of it.',
      'A hole in the kernel’s namespaces reaches the neighbours’ jobs. From a container of its own it reaches that container first.',
    ],
  },
  shared: {
    title: 'One container for all jobs',
    fact: 'One long-lived container, in which jobs run beside each other',
    summary: 'One long-lived hardened container, in which jobs run beside each other under one user.',
    notes: ['Only for scripts that trust each other.'],
    cautions: [
      'Jobs can signal each other, and read each other’s files and environment, secrets included.',
      'What a script leaves in /tmp outside its own folders stays for the jobs after it.',
      'Memory, processes and disk of one job are watched by its runner, and its processor share is not held: the kernel holds the container as a whole.',
    ],
  },
};

/** The contract names them from the strongest to the weakest. */
export const isWeaker = (now: Isolation, before: Isolation): boolean =>
  isolationSchema.options.indexOf(now) > isolationSchema.options.indexOf(before);
