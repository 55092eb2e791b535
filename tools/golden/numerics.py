"""Small worked examples of every RLHF formula, in float64 by torch and transformers: writes numerics.json.

    python tools/golden/numerics.py [--check]
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import tensor
from transformers import get_cosine_schedule_with_warmup

FILE = Path(__file__).with_name("numerics.json")


def whiten(x, mask, unbiased, shiftMean):
    kept = tensor(x)[tensor(mask) == 1]
    scaled = (kept - kept.mean()) * torch.rsqrt(kept.var(correction=int(unbiased)) + 1e-8)
    return {"valid": scaled if shiftMean else scaled + kept.mean()}


def gae(rewards, values, gamma, lam):
    advantages, following = [], tensor(0.0)
    for t in reversed(range(len(rewards))):
        next_value = values[t + 1] if t + 1 < len(values) else 0.0
        following = rewards[t] + gamma * next_value - values[t] + gamma * lam * following
        advantages.insert(0, following)
    advantages = torch.stack(advantages)
    return {"advantages": advantages, "returns": advantages + tensor(values)}


def kl_reward(logps, refLogps, beta, score):
    rewards = -beta * (tensor(logps) - tensor(refLogps))
    rewards[-1] += score
    return {"rewards": rewards}


def advantages(estimator, scores, groups, logps, refLogps, beta, gamma, scaleRewards=True):
    """Of responses of several lengths, as verl computes them: one list of tokens a response; all of them, concatenated."""
    rewards = [kl_reward(a, b, beta, s)["rewards"] for a, b, s in zip(logps, refLogps, scores, strict=True)]
    if estimator == "reinforce_plus_plus":
        tokens = []
        for row in rewards:
            weights = gamma ** torch.arange(len(row)).double()
            tokens += [(row[t:] * weights[: len(row) - t]).sum() for t in range(len(row))]
        raw = torch.stack(tokens)
    else:
        totals = torch.stack([row.sum() for row in rewards])
        each = []
        for i, group in enumerate(groups):
            same = torch.tensor(groups) == group
            others = same & (torch.arange(len(groups)) != i)
            value = totals[i] - totals[others if estimator == "rloo" else same].mean()
            if estimator == "grpo" and scaleRewards:
                value = value / (totals[same].std() + 1e-4)
            each.append(value.repeat(len(rewards[i])))
        raw = torch.cat(each)
    if estimator in ("grpo", "rloo"):
        return {"advantages": raw}
    return {"advantages": (raw - raw.mean()) * torch.rsqrt(raw.var() + 1e-8)}


def policy_loss(logps, oldLogps, advantages, clip):
    ratio, a = (tensor(logps) - tensor(oldLogps)).exp(), tensor(advantages)
    losses = torch.maximum(-a * ratio, -a * ratio.clamp(1 - clip, 1 + clip))
    return {"perToken": losses, "mean": losses.mean()}


def value_loss(values, oldValues, returns, clip):
    v, old, target = tensor(values), tensor(oldValues), tensor(returns)
    free, clipped = (v - target).square(), (old + (v - old).clamp(-clip, clip) - target).square()
    return {"loss": 0.5 * torch.maximum(free, clipped).mean(), "unclipped": 0.5 * free.mean()}


def kl_estimators(p, q):
    p, q = tensor(p), tensor(q)
    d = p.log() - q.log()
    k1, k2, k3 = d, d.square() / 2, torch.exp(-d) - 1 + d
    means = {f"mean{name}": (p * k).sum() for name, k in (("K1", k1), ("K2", k2), ("K3", k3))}
    return {"k1": k1, "k2": k2, "k3": k3, "kl": F.kl_div(q.log(), p, reduction="sum"), **means}


def adaptive_kl(beta, target, horizon, n, kl):
    error = (tensor(kl) / target - 1).clamp(-0.2, 0.2)
    return {"beta": beta * (1 + error * n / horizon)}


def ranking_loss(chosen, rejected, margin):
    return {"loss": -F.logsigmoid(tensor(chosen) - rejected - margin)}


def preference(policyChosen, policyRejected, refChosen, refRejected, beta, labelSmoothing):
    margin = tensor(policyChosen) - policyRejected - (refChosen - refRejected)
    win, lose = F.logsigmoid(beta * margin), F.logsigmoid(-beta * margin)
    return {"dpo": -(1 - labelSmoothing) * win - labelSmoothing * lose, "ipo": (margin - 1 / (2 * beta)).square()}


def lora(w, a, b, alpha, r, x):
    w, a, b, x = tensor(w), tensor(a), tensor(b), tensor(x)
    return {"y": F.linear(x, w) + alpha / r * F.linear(F.linear(x, a), b), "merged": w + alpha / r * b @ a}


def cosine(warmupSteps, totalSteps, steps):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    factor = get_cosine_schedule_with_warmup(optimizer, warmupSteps, totalSteps).lr_lambdas[0]
    return {"factors": tensor([factor(step) for step in steps])}


def adamw(parameter, gradients, lr, beta1, beta2, epsilon, weightDecay):
    p = torch.nn.Parameter(tensor([parameter]))
    optimizer = torch.optim.AdamW([p], lr=lr, betas=(beta1, beta2), eps=epsilon, weight_decay=weightDecay)
    after = []
    for gradient in gradients:
        p.grad = tensor([gradient])
        optimizer.step()
        after.append(p.detach().clone())
    return {"parameters": torch.cat(after)}


def clip_norm(gradients, maxNorm):
    parameters = [torch.nn.Parameter(torch.zeros(len(g))) for g in gradients]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = tensor(gradient)
    norm = torch.nn.utils.clip_grad_norm_(parameters, maxNorm)
    return {"norm": norm, "coefficient": min(1.0, maxNorm / (norm.item() + 1e-6)),
            "clipped": torch.cat([p.grad for p in parameters])}


def case(name, compute, **inputs):
    """One named example; tensors become plain lists and numbers."""
    expected = {key: v.tolist() if torch.is_tensor(v) else v for key, v in compute(**inputs).items()}
    return {"name": name, "inputs": inputs, "expected": expected}


def cases() -> list[dict]:
    masked = {"x": [1.0, 2.0, 3.0, 100.0], "mask": [1, 1, 1, 0]}
    values = [0.5, 0.6, 0.7]
    penalty = {"logps": [-1.0, -2.0, -0.5], "refLogps": [-1.2, -1.5, -0.7], "beta": 0.1, "score": 2.0}
    controller = {"beta": 0.2, "target": 6.0, "horizon": 10000, "n": 256}
    pair = {"policyChosen": -10.0, "policyRejected": -14.0, "refChosen": -11.0, "refRejected": -13.0, "beta": 0.1}
    two_prompts = {
        "scores": [1.0, -0.5, 2.0, 0.25, -1.0], "groups": [0, 0, 0, 1, 1], "beta": 0.1,
        "logps": [[-1.0, -2.0, -0.5], [-0.3], [-1.5, -0.2], [-0.7, -0.9, -2.5, -0.1], [-1.1, -0.4]],
        "refLogps": [[-1.2, -1.5, -0.7], [-0.8], [-1.4, -0.6], [-0.5, -1.9, -2.0, -0.3], [-1.0, -0.9]],
    }
    return [
        case("whiten-biased", whiten, **masked, unbiased=False, shiftMean=True),
        case("whiten-unbiased", whiten, **masked, unbiased=True, shiftMean=True),
        case("whiten-keep-mean", whiten, **masked, unbiased=True, shiftMean=False),
        *(case(f"gae-lambda-{lam:g}", gae, rewards=[0.0, 0.0, 1.0], values=values, gamma=1.0, lam=lam)
          for lam in (0.95, 1.0, 0.0)),
        case("kl-reward", kl_reward, **penalty),
        case("kl-reward-gae", gae, rewards=kl_reward(**penalty)["rewards"].tolist(), values=values, gamma=1.0, lam=0.95),
        *(case(f"advantages-{name}", advantages, estimator=estimator, **two_prompts, **more)
          for name, estimator, more in (
              ("grpo", "grpo", {"gamma": 1.0}), ("dr-grpo", "grpo", {"gamma": 1.0, "scaleRewards": False}),
              ("rloo", "rloo", {"gamma": 1.0}), ("reinforce-plus-plus", "reinforce_plus_plus", {"gamma": 0.9}),
              ("reinforce-plus-plus-baseline", "reinforce_plus_plus_baseline", {"gamma": 1.0}))),
        case("policy-loss", policy_loss, logps=[-0.7, -1.4, -0.7, -1.4], oldLogps=[-1.0] * 4,
             advantages=[1.0, 1.0, -1.0, -1.0], clip=0.2),
        case("value-loss", value_loss, values=[1.0, 0.5, 0.9], oldValues=[0.5] * 3, returns=[1.0, 1.0, 0.0], clip=0.2),
        case("kl-estimators", kl_estimators, p=[0.5, 0.5], q=[0.9, 0.1]),
        *(case(f"adaptive-kl-{kl:g}", adaptive_kl, **controller, kl=kl) for kl in (12.0, 6.6, 3.0)),
        *(case(f"ranking-{name}", ranking_loss, chosen=c, rejected=r, margin=m)
          for name, c, r, m in (("right", 1.0, 0.0, 0.0), ("wrong", 0.0, 1.0, 0.0), ("margin", 1.0, 0.0, 0.5),
                                ("extreme", -60.0, 40.0, 0.0))),
        case("preference", preference, **pair, labelSmoothing=0.0),
        case("preference-conservative", preference, **pair, labelSmoothing=0.1),
        case("lora", lora, w=[[1.0, 2.0], [3.0, 4.0]], a=[[1.0, -1.0]], b=[[0.5], [0.25]], alpha=16, r=8, x=[1.0, 2.0]),
        case("cosine-warmup", cosine, warmupSteps=10, totalSteps=100, steps=[0, 5, 10, 32, 55, 77, 100]),
        case("adamw", adamw, parameter=1.0, gradients=[0.5, -0.2, 0.1], lr=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8,
             weightDecay=0.01),
        case("clip-global-norm", clip_norm, gradients=[[3.0, 4.0], [12.0]], maxNorm=1.0),
    ]


def main() -> int:
    torch.set_default_dtype(torch.float64)
    text = json.dumps(cases(), indent=1) + "\n"
    if "--check" in sys.argv[1:]:
        same = FILE.exists() and FILE.read_text() == text
        print("numerics.json: " + ("ok" if same else "differs; run numerics.py and look at the difference"))
        return 0 if same else 1
    FILE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
