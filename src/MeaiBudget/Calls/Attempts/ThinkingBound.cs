using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>What a client sends by itself as the maximum of output tokens, and how many of them the model may think for.</summary>
/// <param name="Provider">The provider's client, which knows what its SDK sends; null for another client.</param>
/// <param name="Options">The caller's options, which may state a thinking budget.</param>
internal readonly record struct ThinkingBound(ProviderChatClient? Provider, ChatOptions? Options)
{
    /// <summary>The settings by which providers and gateways take a thinking budget: at the top, or below one of <see cref="Groups"/>.</summary>
    private static readonly string[] Names =
        ["thinking_budget", "thinkingBudget", "budget_tokens", "budgetTokens", "thinking_token_budget", "max_thinking_tokens"];

    private static readonly string[] Groups = ["thinking", "thinking_config", "thinkingConfig", "reasoning", "reasoning_config"];

    /// <summary>The maximum that the client sends without thinking; null if it sends none.</summary>
    public long? ClientDefault => Provider?.DefaultOutputTokens;

    /// <summary>The tokens that the model may think for at an effort; null if nobody states them.</summary>
    public long? TokensOf(ReasoningEffort? effort) => Stated(Options?.AdditionalProperties) ?? Provider?.ThinkingTokens(effort);

    private static long? Stated(AdditionalPropertiesDictionary? properties)
    {
        if (properties is not { Count: > 0 } || !MayState(properties))
        {
            return null;
        }

        foreach (string name in Names)
        {
            if (properties.TryGetValue(name, out object? value) && NumberOf(value) is { } tokens)
            {
                return tokens;
            }
        }

        foreach (string group in Groups)
        {
            if (properties.TryGetValue(group, out object? value) && value is not null && WithinGroup(value) is { } tokens)
            {
                return tokens;
            }
        }

        return null;
    }

    /// <summary>False if no property can be one of <see cref="Names"/> or <see cref="Groups"/>; most calls have tags only. Quicker than looking each of them up.</summary>
    private static bool MayState(AdditionalPropertiesDictionary properties)
    {
        foreach ((string name, _) in properties)
        {
            if (name.Contains("think", StringComparison.OrdinalIgnoreCase) || name.Contains("budget", StringComparison.OrdinalIgnoreCase)
                || name.Contains("reason", StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static long? WithinGroup(object group)
    {
        foreach (string name in (string[])[.. Names, "max_tokens"])
        {
            object? value = group switch
            {
                JsonElement { ValueKind: JsonValueKind.Object } json when json.TryGetProperty(name, out JsonElement member) => member,
                System.Text.Json.Nodes.JsonObject json => json[name],
                IReadOnlyDictionary<string, object?> map => map.GetValueOrDefault(name),
                IDictionary<string, object?> map when map.TryGetValue(name, out object? member) => member,
                _ => null,
            };
            if (NumberOf(value) is { } tokens)
            {
                return tokens;
            }
        }

        return null;
    }

    private static long? NumberOf(object? value)
    {
        string? text = value switch
        {
            JsonElement { ValueKind: JsonValueKind.Number or JsonValueKind.String } json => json.ToString(),
            System.Text.Json.Nodes.JsonValue json => json.ToString(),
            string given => given,
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            _ => null,
        };
        return long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out long tokens) && tokens > 0 ? tokens : null;
    }
}
