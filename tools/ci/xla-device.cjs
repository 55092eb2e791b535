/** The specs of the project `xla` run on XLA's CPU plugin. */
process.env.OPEN_CHATGPT_DEVICE = 'xla:cpu';
