using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

public class EstimationRobustnessTests
{
    [Theory]
    [InlineData("gpt-4o", 20_000_000)]
    [InlineData("claude-sonnet-4-5", 2_000_000)]
    [InlineData("gemini-3-pro", 2_000_000)]
    [InlineData("qwen3", 2_000_000)]
    public void AMessageOfTwentyMegabytesIsEstimated(string model, int length)
    {
        string text = string.Concat(Enumerable.Repeat("The quick brown fox jumps over 13 lazy dogs; then it sleeps.\n", length / 61));

        TokenEstimate estimate = Estimate(model, [new(ChatRole.User, text)]);

        Assert.InRange(estimate.InputTokens, length / 5, length / 2);
        Assert.True(estimate.InputUpperBound >= estimate.InputTokens);
    }

    [Theory]
    [InlineData('a', 125_007)]
    [InlineData(' ', 7_820)]
    public void AMegabyteOfOneLetterIsCountedExactly(char letter, long tokens)
    {
        TokenEstimate estimate = Estimate("gpt-4o", [new(ChatRole.User, new string(letter, 1_000_000))]);

        Assert.Equal((tokens, TokenEstimateSource.Exact), (estimate.InputTokens, estimate.Source));
    }

    [Fact]
    public void ArgumentsAndResultsThatGrewAreCountedAnew()
    {
        var arguments = new Dictionary<string, object?> { ["query"] = "cats", ["tags"] = new List<string> { "a" } };
        var rows = new List<string> { "one" };
        ChatMessage[] messages =
        [
            new(ChatRole.Assistant, [new FunctionCallContent("call", "search", arguments)]),
            new(ChatRole.Tool, [new FunctionResultContent("call", rows)]),
        ];
        long before = Estimate("gpt-4o", messages).InputTokens;

        rows.AddRange(Enumerable.Repeat("another row", 100));
        long grownResult = Estimate("gpt-4o", messages).InputTokens;
        ((List<string>)arguments["tags"]!).AddRange(Enumerable.Repeat("another tag", 100));
        long grownList = Estimate("gpt-4o", messages).InputTokens;
        arguments.Remove("tags");
        long withoutList = Estimate("gpt-4o", messages).InputTokens;
        arguments["query"] = string.Concat(Enumerable.Repeat("word ", 100));
        long grownText = Estimate("gpt-4o", messages).InputTokens;

        Assert.True(grownResult > before + 100, $"{before}, {grownResult}");
        Assert.True(grownList > grownResult + 100, $"{grownResult}, {grownList}");
        Assert.True(withoutList < grownResult, $"{grownResult}, {withoutList}");
        Assert.True(grownText > withoutList + 90, $"{withoutList}, {grownText}");
    }

    [Theory]
    [InlineData("gpt-4o")]
    [InlineData("claude-sonnet-4-5")]
    [InlineData("gemini-2.5-pro")]
    [InlineData("llama3.2")]
    public void ArgumentsThatCannotBeJsonAreEstimated(string model)
    {
        var call = new FunctionCallContent("call", "scale", new Dictionary<string, object?> { ["by"] = double.NaN, ["to"] = float.PositiveInfinity });

        Assert.True(Estimate(model, [new(ChatRole.Assistant, [call])]).InputUpperBound > 0);
    }

    [Theory]
    [InlineData("gpt-4o")]
    [InlineData("claude-sonnet-4-5")]
    [InlineData("gemini-2.5-pro")]
    public void ASchemaWithoutAnEndIsRefusedByItsName(string model)
    {
        const int Depth = 2_000;
        string nested = string.Concat(Enumerable.Repeat("{\"items\":", Depth)) + "{}" + new string('}', Depth);
        using var document = JsonDocument.Parse(nested, new JsonDocumentOptions { MaxDepth = Depth + 2 });
        JsonElement schema = document.RootElement;

        ArgumentException tool = Assert.Throws<ArgumentException>(() => Estimate(model, [new(ChatRole.User, "x")], new ChatOptions { Tools = [AIFunctionFactory.CreateDeclaration("nest", null, schema)] }));
        ArgumentException format = Assert.Throws<ArgumentException>(() => Estimate(model, [new(ChatRole.User, "x")], new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(schema) }));

        Assert.Contains("'nest' is nested more than 256 levels deep", tool.Message, StringComparison.Ordinal);
        Assert.Contains("The response schema is nested", format.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsMissingInARequestIsNamed()
    {
        ArgumentException message = Assert.Throws<ArgumentException>(() => Estimate("gpt-4o", [new(ChatRole.User, "x"), null!]));
        ArgumentException content = Assert.Throws<ArgumentException>(() => Estimate("gpt-4o", [new(ChatRole.User, new List<AIContent> { new TextContent("x"), null! })]));

        Assert.Contains("The message at index 1 is null", message.Message, StringComparison.Ordinal);
        Assert.Contains("The content at index 1 of the message at index 0 is null", content.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpt-4o")]
    [InlineData("claude-sonnet-4-5")]
    [InlineData("gemini-2.5-flash")]
    [InlineData("llama3.2")]
    public void APictureWhoseHeaderLiesIsFlaggedAndReservedAtTheMost(string model)
    {
        byte[] header = [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10, 0, 0, 0, 13, (byte)'I', (byte)'H', (byte)'D', (byte)'R', 0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF];

        TokenEstimate lying = Estimate(model, [new(ChatRole.User, [new DataContent(header, "image/png")])]);

        Assert.True(lying.Flags.HasFlag(TokenEstimateFlags.UnknownMediaSize));
        Assert.InRange(lying.InputUpperBound, 1000, 10_000);
    }

    [Theory]
    [InlineData("gpt-4o")]
    [InlineData("gpt-5")]
    [InlineData("claude-sonnet-4-5")]
    [InlineData("gemini-2.0-flash")]
    [InlineData("gemini-2.5-flash")]
    [InlineData("gemini-3-pro")]
    [InlineData("mistral-large")]
    [InlineData("")]
    public void UnknownAndEmptyContentsAreFlaggedNeverThrown(string model)
    {
        ChatMessage[] messages =
        [
            new(new ChatRole("narrator"), [new AIContent(), new AIContent { RawRepresentation = new object() }, new TextContent(null)]),
            new(ChatRole.Assistant, [new FunctionCallContent("1", "f", null), new FunctionCallContent("2", "", new Dictionary<string, object?> { ["x"] = null, ["y"] = new[] { 1, 2 } })]),
            new(ChatRole.Tool, [new FunctionResultContent("1", null), new FunctionResultContent("9", JsonDocument.Parse("[1,{\"a\":[]}]").RootElement), new FunctionResultContent("2", "{broken")]),
            new(ChatRole.User, []),
            new(ChatRole.User, [new DataContent("not a picture"u8.ToArray(), "application/x-unheard-of"), new UriContent("https://example.com/x", "application/x-unheard-of"), new ErrorContent("no")]),
        ];

        TokenEstimate estimate = Estimate(model, messages);

        Assert.True(estimate.Flags.HasFlag(TokenEstimateFlags.UnknownContent));
        Assert.InRange(estimate.InputTokens, 1, estimate.InputUpperBound);
    }

    private static TokenEstimate Estimate(string model, ChatMessage[] messages, ChatOptions? options = null) =>
        new TokenEstimator().Estimate(messages, options, new TokenEstimationTarget(model));
}
