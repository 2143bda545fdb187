import type { EventType } from '@cronium/contracts';

const bash = `#!/usr/bin/env bash
set -euo pipefail

# Runs in an isolated sandbox. What it prints appears live on the execution page.
echo "Hello from $(hostname) at $(date -u +%FT%TZ)"

# cronium_input is the JSON given with Run; cronium_output keeps a result.
cronium_input
for step in 1 2 3; do
  echo "Step $step of 3"
  sleep 1
done
cronium_output '{"steps": 3}'
`;

const python = `import time

import cronium

# Runs in an isolated sandbox. What it prints appears live on the execution page.
print("Input:", cronium.input())

for step in range(1, 4):
    print(f"Step {step} of 3", flush=True)
    time.sleep(1)

# Keeps a result that you find on the execution, under Output.
cronium.output({"steps": 3})
`;

const nodejs = `const cronium = require('cronium');

// Runs in an isolated sandbox. What it prints appears live on the execution page.
async function main() {
  console.log('Input:', await cronium.input());

  for (let step = 1; step <= 3; step += 1) {
    console.log(\`Step \${step} of 3\`);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }

  // Keeps a result that you find on the execution, under Output.
  await cronium.output({ steps: 3 });
}

main();
`;

/** What a new event starts with. */
export const sampleScripts: Record<EventType, string> = { BASH: bash, PYTHON: python, NODEJS: nodejs };

/** Whether nobody has written anything yet, so that the script may be swapped for another language's sample. */
export function isSample(content: string): boolean {
  return content.trim() === '' || Object.values(sampleScripts).includes(content);
}
