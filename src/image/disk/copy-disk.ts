export { copyImage as copyDisk } from '../../tree/copy-image.ts';
