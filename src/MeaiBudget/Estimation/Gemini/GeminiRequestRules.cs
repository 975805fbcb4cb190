using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Counts the parts of a request to Gemini.</summary>
/// <remarks>
/// Google documents only that texts, media and declarations count. The other rules are measured on recorded requests. Up to 2.0, and
/// on Vertex AI, only the texts are billed. From 2.5 on, the Gemini API also bills one token for each turn, and tools and calls in
/// the form that the model sees.
/// </remarks>
internal sealed class GeminiRequestRules(int generation, bool isVertex) : RequestRules
{
    // Shorter signatures hold a key, not thoughts.
    private const int ShortestSignature = 64;

    private readonly GeminiMediaRules _media = new(generation);
    private readonly GeminiToolFormat _format = isVertex || generation < 25 ? GeminiToolFormat.Fields
        : generation < 30 ? GeminiToolFormat.Python : GeminiToolFormat.Declaration;

    public override void Tally(RequestTally tally, IReadOnlyList<ChatMessage> messages, ChatOptions? options)
    {
        int turns = 0;
        bool hasSystem = options?.Instructions is { Length: > 0 };
        tally.AddText(options?.Instructions);
        for (int index = 0; index < messages.Count; index++)
        {
            bool isSystem = messages[index].Role == ChatRole.System;
            hasSystem |= isSystem;
            turns += isSystem ? 0 : 1;
            TallyContents(tally, messages[index].Contents);
        }

        turns += hasSystem ? 1 : 0;
        tally.AddFraming(_format == GeminiToolFormat.Fields ? 0 : turns);
        tally.AddMargin(turns);
        foreach (ToolDefinition tool in ToolSet.Of(options).Definitions)
        {
            TallyTool(tally, tool.Gemini(_format));

            // A declaration may state the schema of the result. Google does not document whether it is billed.
            tally.AddTools(0, tally.Meter.Measure(tool.ReturnSchemaJson).UpperBound);
        }

        if (options?.ResponseFormat is ChatResponseFormatJson { Schema: { } schema } json && ResponseSchemaText.Of(json) is { } format)
        {
            TallySchema(tally, schema, format, mayBeBilled: generation < 25, isBilled: generation < 25 && options.AdditionalProperties?.ContainsKey("responseJsonSchema") != true);
        }
    }

    private void TallyTool(RequestTally tally, GeminiTool tool)
    {
        long tokens = tool.Notation;
        long bound = tool.Notation;
        foreach (string text in tool.Texts)
        {
            TokenCount count = tally.Meter.Measure(text);
            tokens += count.Tokens;
            bound += count.UpperBound;
        }

        // An alias for the newest model, or a gateway, may lead to a generation with a longer format. Recorded 2.5 models never do.
        tally.AddTools(tokens, generation == 25 ? (bound * 9 / 8) + 16 : (bound * 3 / 2) + 40);
        if (!tool.IsComplete)
        {
            // The server expands a recursive schema several times.
            tally.Flags |= TokenEstimateFlags.UnknownContent;
            tally.AddContentMargin(bound * 3);
        }
    }

    // Measured: up to 2.0 the texts of "responseSchema" are billed, and not those of "responseJsonSchema"; from 2.5 on neither is.
    private static void TallySchema(RequestTally tally, JsonElement schema, ResponseSchemaText format, bool mayBeBilled, bool isBilled)
    {
        long tokens = 0;
        long bound = 0;
        if (mayBeBilled)
        {
            var texts = GeminiTool.Of(GeminiToolFormat.Schema, string.Empty, string.Empty, schema);
            tokens = bound = texts.Notation;
            foreach (string text in texts.Texts)
            {
                TokenCount count = tally.Meter.Measure(text);
                tokens += count.Tokens;
                bound += count.UpperBound;
            }

            bound = (bound * 5 / 4) + 16;
        }

        // Recorded schemas have at most a fifth more than their texts. One that refers to itself may be expanded.
        long most = mayBeBilled ? Math.Min(bound, Math.Max(tokens, tally.Meter.Measure(format.FullJson).UpperBound)) : 8;
        tally.AddResponseSchema(isBilled ? tokens : 0, most);
    }

    private void TallyContents(RequestTally tally, IList<AIContent> contents)
    {
        for (int index = 0; index < contents.Count; index++)
        {
            switch (contents[index])
            {
                case TextContent content:
                    tally.AddText(content.Text);
                    break;
                case TextReasoningContent reasoning:
                    tally.AddText(reasoning.Text);
                    if (reasoning.ProtectedData is { Length: > ShortestSignature } signature)
                    {
                        // The server may add the thoughts that the signature stands for. Their length is not known; encrypted, they are not shorter.
                        tally.Flags |= TokenEstimateFlags.UnknownContent;
                        tally.AddContentMargin(signature.Length / 2);
                    }

                    break;
                case FunctionCallContent call:
                    // print(default_api.name(key=value)), or call:name{key:value}
                    tally.AddToolCall(_format switch { GeminiToolFormat.Python => 7, GeminiToolFormat.Declaration => 5, _ => 0 });
                    TallyName(tally, call.Name);
                    TallyFields(tally, RequestJson.OfArguments(call), _format switch { GeminiToolFormat.Python => 2, GeminiToolFormat.Declaration => 4, _ => 0 });
                    break;
                case FunctionResultContent result:
                    TallyResult(tally, result);
                    break;
                default:
                    TallyMedia(tally, contents[index], _media);
                    break;
            }
        }
    }

    private void TallyResult(RequestTally tally, FunctionResultContent result)
    {
        // {"name_response": {"result": value}}, or response:name{result:value}
        tally.AddToolCall(_format switch { GeminiToolFormat.Python => 5, GeminiToolFormat.Declaration => 5, _ => 0 });
        TallyName(tally, result.RawRepresentation as string);
        int value = _format switch { GeminiToolFormat.Python => 3, GeminiToolFormat.Declaration => 4, _ => 0 };
        switch (result.Result)
        {
            case IEnumerable<AIContent> parts:
                TallyContents(tally, parts as IList<AIContent> ?? [.. parts]);
                break;
            case string text:
                tally.AddToolCall(value);
                tally.AddToolCall(text);
                break;
            default:
                TallyFields(tally, RequestJson.OfResult(result), value);
                break;
        }
    }

    private static void TallyName(RequestTally tally, string? name)
    {
        tally.AddToolCall(name);
        tally.AddToolCall(GeminiTool.Underscores(name));
    }

    private static void TallyFields(RequestTally tally, string json, int value)
    {
        tally.AddToolCall(RequestJson.FieldsOf(json, out int values));
        tally.AddToolCall((long)value * values);
    }
}
