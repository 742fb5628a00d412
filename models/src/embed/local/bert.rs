//! The model: BERT as a sentence encoder. Texts stand one after another without padding, so that a batch costs what
//! its tokens cost, and no text's vector depends on which others it is embedded with.

use super::elementwise::{gelu_of_sum, sum};
use candle_core::{D, DType, Device, Result, Tensor};
use candle_nn::{VarBuilder, ops};
use serde::Deserialize;

/// What `config.json` says of the model.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Shape {
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

impl Shape {
    /// Numbers in a vector.
    pub(super) fn dimension(&self) -> usize {
        self.hidden_size
    }

    /// Tokens that the model can read.
    pub(super) fn positions(&self) -> usize {
        self.max_position_embeddings
    }

    /// What of it this program cannot run.
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

/// The weights.
#[derive(Debug)]
pub(super) struct Bert {
    words: Tensor,
    /// Position embeddings; that of the first text type, the only one here, is added already.
    positions: Tensor,
    norm: Norm,
    layers: Vec<Layer>,
    heads: usize,
}

impl Bert {
    /// The model of a `model.safetensors`.
    pub(super) fn load(weights: Vec<u8>, shape: &Shape) -> Result<Self> {
        let weights = VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu)?;
        let hidden = shape.hidden_size;
        let embeddings = weights.pp("embeddings");
        let types = embeddings.get((shape.type_vocab_size, hidden), "token_type_embeddings.weight")?;
        let positions = embeddings.get((shape.max_position_embeddings, hidden), "position_embeddings.weight")?;
        let layer = |number| Layer::load(&weights.pp(format!("encoder.layer.{number}")), shape);
        Ok(Self {
            words: embeddings.get((shape.vocab_size, hidden), "word_embeddings.weight")?,
            positions: positions.broadcast_add(&types.narrow(0, 0, 1)?)?,
            norm: Norm::load(&embeddings.pp("LayerNorm"), shape)?,
            layers: (0..shape.num_hidden_layers).map(layer).collect::<Result<_>>()?,
            heads: shape.num_attention_heads,
        })
    }

    /// The mean of each text's tokens as the last layer has them. Texts of equal length stand together.
    pub(super) fn means(&self, texts: &[&[u32]]) -> Result<Vec<Vec<f32>>> {
        let tokens: Vec<u32> = texts.concat();
        let places: Vec<u32> =
            texts.iter().flat_map(|text| (0_u32..).zip(text.iter()).map(|(place, _)| place)).collect();
        let runs = runs(texts);
        let words = self.words.index_select(&Tensor::new(tokens, &Device::Cpu)?, 0)?;
        let positions = self.positions.index_select(&Tensor::new(places, &Device::Cpu)?, 0)?;
        let mut hidden = self.norm.apply(&sum(&words, &positions)?)?;
        for layer in &self.layers {
            hidden = layer.apply(&hidden, &runs, self.heads)?;
        }
        let mut means = Vec::with_capacity(texts.len());
        for run in &runs {
            let of_run = hidden.narrow(0, run.start, run.texts * run.length)?;
            means.extend(of_run.reshape((run.texts, run.length, ()))?.mean(1)?.to_vec2::<f32>()?);
        }
        Ok(means)
    }
}

/// Texts of equal length, one after another.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// The first text's first token.
    start: usize,
    texts: usize,
    length: usize,
}

fn runs(texts: &[&[u32]]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut start = 0;
    for text in texts {
        match runs.last_mut() {
            Some(run) if run.length == text.len() => run.texts += 1,
            _ => runs.push(Run { start, texts: 1, length: text.len() }),
        }
        start += text.len();
    }
    runs
}

#[derive(Debug)]
struct Layer {
    /// Queries, keys and values in one.
    attention: Linear,
    attended: Linear,
    attended_norm: Norm,
    wide: Linear,
    narrow: Linear,
    norm: Norm,
}

impl Layer {
    fn load(weights: &VarBuilder<'_>, shape: &Shape) -> Result<Self> {
        let (hidden, wide) = (shape.hidden_size, shape.intermediate_size);
        let linear = |name: &str, from, to| Linear::load(&weights.pp(name), from, to);
        let [query, key, value] =
            ["query", "key", "value"].map(|name| linear(&format!("attention.self.{name}"), hidden, hidden));
        let (query, key, value) = (query?, key?, value?);
        // Scores are divided by the root of a head's size: done once, here.
        #[expect(clippy::cast_precision_loss, reason = "a head's size is small")]
        let scale = 1.0 / ((hidden / shape.num_attention_heads) as f64).sqrt();
        let query = Linear { weight: (query.weight * scale)?, bias: (query.bias * scale)? };
        let attention = Linear {
            weight: Tensor::cat(&[&query.weight, &key.weight, &value.weight], 1)?.contiguous()?,
            bias: Tensor::cat(&[&query.bias, &key.bias, &value.bias], 0)?,
        };
        Ok(Self {
            attention,
            attended: linear("attention.output.dense", hidden, hidden)?,
            attended_norm: Norm::load(&weights.pp("attention.output.LayerNorm"), shape)?,
            wide: linear("intermediate.dense", hidden, wide)?,
            narrow: linear("output.dense", wide, hidden)?,
            norm: Norm::load(&weights.pp("output.LayerNorm"), shape)?,
        })
    }

    fn apply(&self, hidden: &Tensor, runs: &[Run], heads: usize) -> Result<Tensor> {
        let all = self.attention.apply(hidden)?;
        let attended = runs.iter().map(|run| attend(&all, *run, heads)).collect::<Result<Vec<_>>>()?;
        let attended = self.attended.apply(&Tensor::cat(&attended, 0)?)?;
        let hidden = self.attended_norm.apply(&sum(&attended, hidden)?)?;
        let wide = gelu_of_sum(&hidden.matmul(&self.wide.weight)?, &self.wide.bias)?;
        self.norm.apply(&sum(&self.narrow.apply(&wide)?, &hidden)?)
    }
}

/// What each token of a run takes from the tokens of its own text.
fn attend(all: &Tensor, run: Run, heads: usize) -> Result<Tensor> {
    let Run { start, texts, length } = run;
    let tokens = texts * length;
    let all = all.narrow(0, start, tokens)?.reshape((texts, length, 3, heads, ()))?;
    // By text and head: tokens, then the head's numbers.
    let part = |part| all.narrow(2, part, 1)?.squeeze(2)?.transpose(1, 2)?.contiguous();
    let (queries, keys, values) = (part(0)?, part(1)?, part(2)?);
    let weights = ops::softmax_last_dim(&queries.matmul(&keys.transpose(D::Minus1, D::Minus2)?)?)?;
    weights.matmul(&values)?.transpose(1, 2)?.reshape((tokens, ()))
}

#[derive(Debug)]
struct Linear {
    /// From row to column.
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
struct Norm {
    weight: Tensor,
    bias: Tensor,
    epsilon: f32,
}

impl Norm {
    fn load(weights: &VarBuilder<'_>, shape: &Shape) -> Result<Self> {
        let (weight, bias) = (weights.get(shape.hidden_size, "weight")?, weights.get(shape.hidden_size, "bias")?);
        Ok(Self { weight, bias, epsilon: shape.layer_norm_eps })
    }

    fn apply(&self, hidden: &Tensor) -> Result<Tensor> {
        ops::layer_norm(hidden, &self.weight, &self.bias, self.epsilon)
    }
}
