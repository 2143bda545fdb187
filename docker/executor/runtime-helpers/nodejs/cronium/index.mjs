import cronium from './index.js';

export const { CroniumError, event, input, output } = cronium;
export default cronium;
