import type { ContainerRuntime } from '@cronium/server-types';

import type { ChoiceWords } from './setup-choice';

/** What a job's container is started with, in plain words; docs/operations/gvisor.md says the same at length. */
export const runtimeWords: Record<ContainerRuntime, ChoiceWords> = {
  runc: {
    title: 'The machine’s own kernel',
    summary: 'Containers as the engine makes them (runc, with Podman crun).',
    notes: ['The fastest. Scripts reach the kernel through a narrow set of system calls.'],
    cautions: [],
  },
  runsc: {
    title: 'A kernel of its own (gVisor)',
    summary:
      'Scripts meet gVisor’s kernel, a process without rights (runsc). A hole in the machine’s kernel is then not within their reach.',
    notes: [
      'For scripts that nobody has read. Goes with a container for each job only. The engine must know the runtime “runsc”; the server’s health says if it does not.',
    ],
    cautions: [
      'System calls take several times as long, and so does a container’s start; keep enough of them ready.',
      'Memory and processes of one job are watched by its runner; the kernel holds the container as a whole.',
      'Where an event asks for less of the processor than the server gives, it gets what the server gives.',
    ],
  },
};
