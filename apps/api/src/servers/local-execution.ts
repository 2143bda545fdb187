/** Id of the system-managed server "Local Execution": the same in every installation, so that programs may rely on it. */
export const localExecutionId = '019abe00-0000-7000-8000-000000000001';
