"""Makes the golden files of libs/models from transformers, peft and gguf (any recent versions):
  python tools/models/golden.py
RoPE tables, and the names and shapes of the weights of one tiny model of each family."""
import base64, importlib.metadata, json, os, tempfile
import gguf, numpy, peft, torch, transformers
from safetensors import safe_open
from transformers import AutoModelForCausalLM, GPT2Config, LlamaConfig, MistralConfig, OPTConfig, Qwen2Config, Qwen3Config
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

SOURCES = os.path.join(os.path.dirname(__file__), '..', '..', 'libs', 'models', 'src')
VERSIONS = f'transformers {transformers.__version__}, torch {torch.__version__}'

def write(path, value):
    path = os.path.join(SOURCES, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w') as file:
        json.dump(value, file, indent=1)
        file.write('\n')

SMALL = dict(hidden_size=32, num_attention_heads=2, max_position_embeddings=64, vocab_size=8, intermediate_size=8,
             num_hidden_layers=1)
SCALINGS = {
    'plain': None,
    'linear': {'rope_type': 'linear', 'factor': 4.0},
    'dynamic': {'rope_type': 'dynamic', 'factor': 4.0},
    'llama3': {'rope_type': 'llama3', 'factor': 8.0, 'low_freq_factor': 1.0, 'high_freq_factor': 4.0,
               'original_max_position_embeddings': 32},
    'yarn': {'rope_type': 'yarn', 'factor': 4.0, 'original_max_position_embeddings': 16},
    'yarn with every field': {'rope_type': 'yarn', 'factor': 4.0, 'original_max_position_embeddings': 2048,
                              'beta_fast': 24, 'beta_slow': 2, 'mscale': 0.7, 'mscale_all_dim': 1.1, 'truncate': False},
    'yarn with an attention factor': {'rope_type': 'yarn', 'factor': 2.0, 'original_max_position_embeddings': 2048,
                                      'attention_factor': 1.25},
}
POSITIONS = [0, 1, 7, 63, 99]

def rope():
    cases = []
    for name, scaling in SCALINGS.items():
        parameters = {**(scaling or {'rope_type': 'default'}), 'rope_theta': 10000.0}
        config = LlamaConfig(**SMALL, rope_parameters=dict(parameters))
        cos, sin = LlamaRotaryEmbedding(config)(torch.zeros(1), torch.arange(POSITIONS[-1] + 1)[None])
        half = cos.shape[-1] // 2
        cases.append({'name': name, 'config': {**SMALL, 'model_type': 'llama', 'rope_parameters': parameters},
                      'length': POSITIONS[-1] + 1, 'positions': POSITIONS,
                      'cos': cos[0, POSITIONS, :half].tolist(), 'sin': sin[0, POSITIONS, :half].tolist()})
    write('config/golden/rope.json', {'source': VERSIONS, 'cases': cases})

def families():
    decoder = dict(vocab_size=12, hidden_size=8, intermediate_size=6, num_hidden_layers=2, num_attention_heads=4,
                   num_key_value_heads=2)
    opt = dict(vocab_size=12, hidden_size=8, ffn_dim=6, num_hidden_layers=1, num_attention_heads=2,
               word_embed_proj_dim=8, max_position_embeddings=16)
    models = {
        'llama': LlamaConfig(**decoder), 'llama with biases': LlamaConfig(**decoder, attention_bias=True, mlp_bias=True),
        'mistral': MistralConfig(**decoder), 'qwen2, tied': Qwen2Config(**decoder, tie_word_embeddings=True),
        'qwen3': Qwen3Config(**decoder, head_dim=6, attention_bias=True),
        'gpt2': GPT2Config(vocab_size=12, n_embd=8, n_layer=2, n_head=2, n_positions=16),
        'opt': OPTConfig(**opt), 'opt, norm after': OPTConfig(**opt, do_layer_norm_before=False),
        'opt without biases': OPTConfig(**opt, enable_bias=False),
    }
    cases = []
    for name, config in models.items():
        with tempfile.TemporaryDirectory() as folder:
            AutoModelForCausalLM.from_config(config).save_pretrained(folder)
            with safe_open(os.path.join(folder, 'model.safetensors'), 'pt') as file:
                tensors = {key: file.get_slice(key).get_shape() for key in file.keys()}
            with open(os.path.join(folder, 'config.json')) as file:
                cases.append({'name': name, 'config': json.load(file), 'tensors': tensors})
    write('huggingface/golden/families.json', {'source': VERSIONS, 'cases': cases})

def floats():
    """fp32 bit patterns around every rounding decision, with torch's fp16 and bf16 bits of them."""
    bits = [0, 1, 0x7f800000, 0x7fc00000, 0x7f800001, 0x477fefff, 0x477ff000, 0x477fe000, 0x47800000, 0x7f7fffff,
            0x7f7f7fff, 0x7f7f8000, 0x33000000, 0x33000001, 0x32ffffff, 0x33800000, 0x33c00000, 0x33bfffff, 0x33c00001,
            0x38800000, 0x387fffff, 0x387fe000, 0x387fdfff, 0x3f800000, 0x3f801000, 0x3f801001, 0x3f800fff, 0x3f803000,
            0x3f808000, 0x3f808001, 0x3f818000, 0x3f817fff, 0x40490fdb, 0x00008000, 0x00018000]
    generator = torch.Generator().manual_seed(0)
    bits += torch.randint(0, 2**31, (64,), generator=generator).tolist()
    bits += [torch.tensor(x).view(torch.int32).item() for x in (torch.randn(32, generator=generator) * 1e-5).tolist()]
    bits += [b | 0x80000000 for b in bits]
    values = torch.tensor([b - 2**32 if b >= 2**31 else b for b in bits], dtype=torch.int32).view(torch.float32)
    halves = {name: [b & 0xffff for b in values.to(dtype).view(torch.int16).tolist()]
              for name, dtype in [('fp16', torch.float16), ('bf16', torch.bfloat16)]}
    write('weights/golden/floats.json', {'source': VERSIONS, 'fp32': [b & 0xffffffff for b in bits], **halves})

def adapter():
    """A LoRA adapter as PEFT saves it, whose values count up from 0 in the order of the names."""
    config = LlamaConfig(vocab_size=8, hidden_size=8, intermediate_size=12, num_hidden_layers=1, num_attention_heads=2,
                         num_key_value_heads=1)
    lora = peft.LoraConfig(r=2, lora_alpha=4, lora_dropout=0.1, target_modules=['q_proj', 'v_proj'],
                           task_type='CAUSAL_LM')
    model = peft.get_peft_model(AutoModelForCausalLM.from_config(config), lora)
    counter = 0
    for name, parameter in sorted(model.named_parameters()):
        if 'lora_' in name:
            values = torch.arange(counter, counter + parameter.numel(), dtype=torch.float32)
            parameter.data = values.reshape(parameter.shape)
            counter += parameter.numel()
    folder = os.path.join(SOURCES, 'peft/golden/adapter')
    model.save_pretrained(folder)
    os.remove(os.path.join(folder, 'README.md'))
    with open(os.path.join(folder, 'adapter_config.json')) as file:
        saved = json.load(file)
    saved['target_modules'].sort()  # PEFT writes a set, in any order
    write('peft/golden/adapter/adapter_config.json', saved)

def dequantization():
    """Blocks of each quantized type with the values that the gguf package unpacks from them."""
    random = numpy.random.default_rng(0)
    cases = []
    for name in ['Q8_0', 'Q4_0', 'Q4_1', 'Q4_K', 'Q6_K', 'Q5_0']:
        kind = gguf.GGMLQuantizationType[name]
        _, block_bytes = gguf.GGML_QUANT_SIZES[kind]
        blocks = random.integers(0, 256, (2, block_bytes), dtype=numpy.uint8)
        scales = {'Q6_K': [208], 'Q4_1': [0, 2], 'Q4_K': [0, 2]}.get(name, [0])
        for at in scales:  # finite scales, one of them negative
            blocks[0, at:at + 2] = numpy.frombuffer(numpy.float16(0.0123).tobytes(), numpy.uint8)
            blocks[1, at:at + 2] = numpy.frombuffer(numpy.float16(-1.7e-5).tobytes(), numpy.uint8)
        values = gguf.quants.dequantize(blocks.reshape(-1), kind)
        cases.append({'type': name, 'blocks': base64.b64encode(blocks.tobytes()).decode(), 'values': values.tolist()})
    write('gguf/golden/dequantization.json', {'source': f'gguf {importlib.metadata.version("gguf")}', 'cases': cases})

def quantization():
    """Numbers with the blocks that the gguf package packs them into. It has no packer for Q4_K and Q6_K."""
    random = numpy.random.default_rng(1)
    values = (random.standard_normal((4, 32)) * [[1.0], [1e-3], [7.0], [0.0]]).astype(numpy.float32)
    cases = []
    for name in ['Q8_0', 'Q5_0']:
        blocks = gguf.quants.quantize(values, gguf.GGMLQuantizationType[name])
        cases.append({'type': name, 'values': values.reshape(-1).tolist(),
                      'blocks': base64.b64encode(blocks.tobytes()).decode()})
    write('gguf/golden/quantization.json', {'source': f'gguf {importlib.metadata.version("gguf")}', 'cases': cases})

def gguf_names():
    """llama.cpp's name of each tensor of the tiny models."""
    with open(os.path.join(SOURCES, 'huggingface/golden/families.json')) as file:
        families = json.load(file)['cases']
    names = {}
    for architecture in ['llama', 'qwen2', 'qwen3', 'gpt2']:
        mapping = gguf.get_tensor_name_map(gguf.MODEL_ARCH[architecture.upper()], 2)
        tensors = [t for case in families if case['config']['model_type'] == architecture for t in case['tensors']]
        names[architecture] = {mapping.get_name(t, try_suffixes=('.weight', '.bias')): t for t in sorted(set(tensors))}
    write('gguf/golden/names.json', {'source': f'gguf {importlib.metadata.version("gguf")}', 'names': names})

def smollm2():
    """Values of SmolLM2's weights and tokenizer as transformers loads them from the GGUF file (fetch-smollm2.mjs)."""
    cache = os.environ.get('OPEN_CHATGPT_CACHE') or os.path.expanduser('~/.cache/open-chatgpt')
    file = 'SmolLM2-135M-Instruct.Q4_1.gguf'
    folder = os.path.join(cache, 'models')
    if not os.path.exists(os.path.join(folder, file)):
        return print('smollm2: not in the cache, left as it is')
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32)
    names = ['model.embed_tokens.weight', 'model.layers.0.self_attn.q_proj.weight',
             'model.layers.13.self_attn.k_proj.weight', 'model.layers.29.self_attn.v_proj.weight',
             'model.layers.29.mlp.down_proj.weight', 'model.norm.weight']
    tensors = []
    for name in names:
        values = model.state_dict()[name].reshape(-1)
        stride = max(1, values.numel() // 61)
        tensors.append({'name': name, 'stride': stride, 'values': values[::stride].tolist(),
                        'sum': values.double().sum().item()})
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, gguf_file=file)
    texts = ['Hello, we can use', 'Hello world! 123', 'Café déjà vu.', '  multiple   spaces', '你好, 世界\n\n',
             "don't I'll", '<|im_start|>user\nWhat is 2+2?<|im_end|>\n']
    write('gguf/golden/smollm2.json', {'source': VERSIONS, 'tensors': tensors,
                                       'texts': [{'text': text, 'ids': tokenizer(text).input_ids} for text in texts]})

rope()
families()
floats()
adapter()
dequantization()
quantization()
gguf_names()
smollm2()
