import packageJson from '../../../../package.json';

/** The product's version, as in package.json. */
export const { version } = packageJson;
