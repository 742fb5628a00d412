//! BERT as a sentence encoder. A batch concatenates its texts without padding, so it costs only its tokens, and a
//! text's vector does not depend on the rest of the batch.

use super::elementwise::{gelu_of_sum, sum};
use candle_core::{D, DType, Device, Result, Tensor};
use candle_nn::{VarBuilder, ops};
use serde::Deserialize;

/// The fields of `config.json` that the model needs.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct BertConfig {
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    max_position_embeddings: usize,
    type_vocab_size: usize,
    vocab_size: usize,
    layer_norm_eps: f32,
    hidden_act: String,
    model_type: String,
}

impl BertConfig {
    pub(super) fn dimension(&self) -> usize {
        self.hidden_size
    }

    pub(super) fn max_tokens(&self) -> usize {
        self.max_position_embeddings
    }

    /// Why this program cannot run the model, if so.
    pub(super) fn unsupported(&self) -> Option<String> {
        if self.model_type != "bert" {
            return Some(format!("its model_type is {:?}, not \"bert\"", self.model_type));
        }
        if self.hidden_act != "gelu" {
            return Some(format!("its hidden_act is {:?}, not \"gelu\"", self.hidden_act));
        }
        let heads = self.num_attention_heads;
        let divides = self.hidden_size.checked_rem(heads) == Some(0);
        (!divides).then(|| format!("{heads} attention heads do not divide its {} dimensions", self.hidden_size))
    }
}

#[derive(Debug)]
pub(super) struct Bert {
    words: Tensor,
    /// Position embeddings plus the embedding of the first token type, the only type in use.
    positions: Tensor,
    norm: LayerNorm,
    layers: Vec<Layer>,
    heads: usize,
}

impl Bert {
    /// Reads the weights from the bytes of a `model.safetensors`.
    pub(super) fn load(weights: Vec<u8>, config: &BertConfig) -> Result<Self> {
        let weights = VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu)?;
        let hidden = config.hidden_size;
        let embeddings = weights.pp("embeddings");
        let types = embeddings.get((config.type_vocab_size, hidden), "token_type_embeddings.weight")?;
        let positions = embeddings.get((config.max_position_embeddings, hidden), "position_embeddings.weight")?;
        let layer = |number| Layer::load(&weights.pp(format!("encoder.layer.{number}")), config);
        Ok(Self {
            words: embeddings.get((config.vocab_size, hidden), "word_embeddings.weight")?,
            positions: positions.broadcast_add(&types.narrow(0, 0, 1)?)?,
            norm: LayerNorm::load(&embeddings.pp("LayerNorm"), config)?,
            layers: (0..config.num_hidden_layers).map(layer).collect::<Result<_>>()?,
            heads: config.num_attention_heads,
        })
    }

    /// The mean of each text's token vectors in the last layer. Neighbours of equal length share their attention, so
    /// sorted texts are fastest.
    pub(super) fn means(&self, texts: &[&[u32]]) -> Result<Vec<Vec<f32>>> {
        let tokens: Vec<u32> = texts.concat();
        let positions: Vec<u32> =
            texts.iter().flat_map(|text| (0_u32..).zip(text.iter()).map(|(position, _)| position)).collect();
        let groups = equal_lengths(texts);
        let words = self.words.index_select(&Tensor::new(tokens, &Device::Cpu)?, 0)?;
        let positions = self.positions.index_select(&Tensor::new(positions, &Device::Cpu)?, 0)?;
        let mut hidden = self.norm.apply(&sum(&words, &positions)?)?;
        for layer in &self.layers {
            hidden = layer.apply(&hidden, &groups, self.heads)?;
        }
        let mut means = Vec::with_capacity(texts.len());
        for group in &groups {
            let tokens = hidden.narrow(0, group.start, group.texts * group.length)?;
            means.extend(tokens.reshape((group.texts, group.length, ()))?.mean(1)?.to_vec2::<f32>()?);
        }
        Ok(means)
    }
}

/// Neighbouring texts of equal length.
#[derive(Clone, Copy, Debug)]
struct EqualLengths {
    /// The position of the first token in the batch.
    start: usize,
    texts: usize,
    length: usize,
}

fn equal_lengths(texts: &[&[u32]]) -> Vec<EqualLengths> {
    let mut groups: Vec<EqualLengths> = Vec::new();
    let mut start = 0;
    for text in texts {
        match groups.last_mut() {
            Some(group) if group.length == text.len() => group.texts += 1,
            _ => groups.push(EqualLengths { start, texts: 1, length: text.len() }),
        }
        start += text.len();
    }
    groups
}

#[derive(Debug)]
struct Layer {
    /// One matrix for queries, keys and values: a single multiplication is faster than three.
    attention: Linear,
    attended: Linear,
    attended_norm: LayerNorm,
    wide: Linear,
    narrow: Linear,
    norm: LayerNorm,
}

impl Layer {
    fn load(weights: &VarBuilder<'_>, config: &BertConfig) -> Result<Self> {
        let (hidden, wide) = (config.hidden_size, config.intermediate_size);
        let linear = |name: &str, from, to| Linear::load(&weights.pp(name), from, to);
        let [query, key, value] =
            ["query", "key", "value"].map(|name| linear(&format!("attention.self.{name}"), hidden, hidden));
        let (query, key, value) = (query?, key?, value?);
        // Attention divides scores by the root of the head's size. Scaled query weights do that once for all texts.
        #[expect(clippy::cast_precision_loss, reason = "a head's size is small")]
        let scale = 1.0 / ((hidden / config.num_attention_heads) as f64).sqrt();
        let query = Linear { weight: (query.weight * scale)?, bias: (query.bias * scale)? };
        let attention = Linear {
            weight: Tensor::cat(&[&query.weight, &key.weight, &value.weight], 1)?.contiguous()?,
            bias: Tensor::cat(&[&query.bias, &key.bias, &value.bias], 0)?,
        };
        Ok(Self {
            attention,
            attended: linear("attention.output.dense", hidden, hidden)?,
            attended_norm: LayerNorm::load(&weights.pp("attention.output.LayerNorm"), config)?,
            wide: linear("intermediate.dense", hidden, wide)?,
            narrow: linear("output.dense", wide, hidden)?,
            norm: LayerNorm::load(&weights.pp("output.LayerNorm"), config)?,
        })
    }

    fn apply(&self, hidden: &Tensor, groups: &[EqualLengths], heads: usize) -> Result<Tensor> {
        let all = self.attention.apply(hidden)?;
        let attended = groups.iter().map(|group| attend(&all, *group, heads)).collect::<Result<Vec<_>>>()?;
        let attended = self.attended.apply(&Tensor::cat(&attended, 0)?)?;
        let hidden = self.attended_norm.apply(&sum(&attended, hidden)?)?;
        let wide = gelu_of_sum(&hidden.matmul(&self.wide.weight)?, &self.wide.bias)?;
        self.norm.apply(&sum(&self.narrow.apply(&wide)?, &hidden)?)
    }
}

/// Self-attention inside each text of a group.
fn attend(all: &Tensor, group: EqualLengths, heads: usize) -> Result<Tensor> {
    let EqualLengths { start, texts, length } = group;
    let tokens = texts * length;
    let all = all.narrow(0, start, tokens)?.reshape((texts, length, 3, heads, ()))?;
    // Shape: texts, heads, tokens, numbers of the head.
    let part = |part| all.narrow(2, part, 1)?.squeeze(2)?.transpose(1, 2)?.contiguous();
    let (queries, keys, values) = (part(0)?, part(1)?, part(2)?);
    let weights = ops::softmax_last_dim(&queries.matmul(&keys.transpose(D::Minus1, D::Minus2)?)?)?;
    weights.matmul(&values)?.transpose(1, 2)?.reshape((tokens, ()))
}

#[derive(Debug)]
struct Linear {
    /// Transposed: one row for each input.
    weight: Tensor,
    bias: Tensor,
}

impl Linear {
    fn load(weights: &VarBuilder<'_>, from: usize, to: usize) -> Result<Self> {
        Ok(Self { weight: weights.get((to, from), "weight")?.t()?.contiguous()?, bias: weights.get(to, "bias")? })
    }

    fn apply(&self, hidden: &Tensor) -> Result<Tensor> {
        sum(&hidden.matmul(&self.weight)?, &self.bias)
    }
}

#[derive(Debug)]
struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    epsilon: f32,
}

impl LayerNorm {
    fn load(weights: &VarBuilder<'_>, config: &BertConfig) -> Result<Self> {
        let (weight, bias) = (weights.get(config.hidden_size, "weight")?, weights.get(config.hidden_size, "bias")?);
        Ok(Self { weight, bias, epsilon: config.layer_norm_eps })
    }

    fn apply(&self, hidden: &Tensor) -> Result<Tensor> {
        ops::layer_norm(hidden, &self.weight, &self.bias, self.epsilon)
    }
}
