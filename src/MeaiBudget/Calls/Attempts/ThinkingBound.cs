using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>What a client sends by itself as the maximum of output tokens, and how many of them the model may think for.</summary>
internal readonly struct ThinkingBound
{
    private readonly ProviderChatClient? _provider;
    private readonly WireRequest? _stated;

    /// <summary>Initializes a new instance of the <see cref="ThinkingBound"/> struct.</summary>
    /// <param name="provider">The provider's client, which knows what its SDK sends; null for another client.</param>
    /// <param name="options">The caller's options, whose additional properties may state a thinking budget or an effort.</param>
    public ThinkingBound(ProviderChatClient? provider, ChatOptions? options)
    {
        _provider = provider;
        _stated = options?.AdditionalProperties is { Count: > 0 } properties && MayState(properties) ? Read(properties) : null;
    }

    /// <summary>The maximum that the client sends without thinking; null if it sends none.</summary>
    public long? ClientDefault => _provider?.DefaultOutputTokens;

    /// <summary>The effort that additional properties state, which a budget cannot lower; null if they state none.</summary>
    public ReasoningEffort? StatedEffort => _stated?.Effort;

    /// <summary>The tokens that the model may think for at an effort; null if nobody states them.</summary>
    public long? TokensOf(ReasoningEffort? effort)
    {
        long? stated = _stated is { ThinkingBudget: > 0 and { } budget } ? budget : null;
        return _provider?.ThinkingTokens(effort) is not { } sent ? stated : stated > sent ? stated : sent;
    }

    /// <summary>False if no property can be about thinking; most calls have tags only.</summary>
    private static bool MayState(AdditionalPropertiesDictionary properties)
    {
        foreach ((string name, _) in properties)
        {
            if (IsAboutThinking(name))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsAboutThinking(string name) =>
        name.Contains("think", StringComparison.OrdinalIgnoreCase) || name.Contains("budget", StringComparison.OrdinalIgnoreCase)
        || name.Contains("reason", StringComparison.OrdinalIgnoreCase)
        || name is "generationConfig" or "generation_config" or "extra_body" or "google" or "chat_template_kwargs" or "output_config" or "options"
            or "parameters" or "additionalModelRequestFields" or "prompt_mode";

    /// <summary>Reads the properties as the body of a request, so that each spelling means the same in both.</summary>
    private static WireRequest? Read(AdditionalPropertiesDictionary properties)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach ((string name, object? value) in properties)
            {
                if (IsAboutThinking(name))
                {
                    json.WritePropertyName(name);
                    Write(json, value, depth: 0);
                }
            }

            json.WriteEndObject();
        }

        using var reader = new WireRequestReader();
        reader.Write(buffer.WrittenSpan);
        return reader.ToRequest(new WireRoute(WireProtocol.ChatCompletions), content: null);
    }

    private static void Write(Utf8JsonWriter json, object? value, int depth)
    {
        switch (value)
        {
            case JsonElement { ValueKind: not JsonValueKind.Undefined } element:
                element.WriteTo(json);
                break;
            case JsonNode node:
                node.WriteTo(json);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case IEnumerable<KeyValuePair<string, object?>> map when depth < 8:
                json.WriteStartObject();
                foreach ((string name, object? inner) in map)
                {
                    json.WritePropertyName(name);
                    Write(json, inner, depth + 1);
                }

                json.WriteEndObject();
                break;
            case System.Collections.IDictionary map when depth < 8:
                json.WriteStartObject();
                foreach (System.Collections.DictionaryEntry entry in map)
                {
                    json.WritePropertyName(entry.Key.ToString() ?? "");
                    Write(json, entry.Value, depth + 1);
                }

                json.WriteEndObject();
                break;
            case IFormattable number:
                json.WriteStringValue(number.ToString(null, CultureInfo.InvariantCulture));
                break;
            default:
                // An SDK's own type of a level is written as the word that it stands for.
                json.WriteStringValue(value?.ToString() ?? "");
                break;
        }
    }
}
