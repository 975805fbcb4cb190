using static MeaiBudget.Tests.WireAnswers;

namespace MeaiBudget.Tests;

/// <summary>Answers that are no strict JSON, or deeper than any reader goes: the usage is read all the same, in whatever pieces it comes.</summary>
public class WireLenienceTests
{
    private const int Levels = 3_000;
    private const string Usage = """{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150}""";

    public static TheoryData<string> Mistakes =>
    [
        """,{"index":1,"logprobs":{"content":[{"logprob":NaN,"top_logprobs":[-Infinity,Infinity]}]}}""",
        """,{"index":1,},""",
        """,{"index":1,"stops":[1,2,],}""",
        ",{\"index\":1,\"x\":" + Objects + "}",
        ",{\"index\":1,\"x\":" + Arrays + "}",
        ",{\"index\":1,\"x\":" + Mixed + "}",
    ];

    private static string Objects { get; } = string.Concat(Enumerable.Repeat("{\"a\":", Levels)) + "\"}\\\"]\"" + new string('}', Levels);

    private static string Arrays { get; } = new string('[', Levels) + new string(']', Levels);

    private static string Mixed { get; } = string.Concat(Enumerable.Repeat("[{\"usage\":", Levels)) + "{\"prompt_tokens\":9000,\"completion_tokens\":9000}" + string.Concat(Enumerable.Repeat("}]", Levels));

    [Theory, MemberData(nameof(Mistakes))]
    public void L1_UsageBehindAMistakeIsRead(string more)
    {
        string whole = Completion(Usage).Replace("}],\"usage\"", "}" + more + "],\"usage\"", StringComparison.Ordinal);
        string before = whole[..^1] + ",\"more\":[0" + more + "]}";

        foreach (string body in (string[])[whole, before])
        {
            WireAnswer answer = Chat(body);
            Assert.Equal(("100/0/0/0/50/0", true), (answer.Tokens(), answer.IsComplete));
        }

        foreach (string chunk in (string[])["data: {\"choices\":[]" + ",\"x\":[0" + more + "]}\n\n" + UsageChunk(Usage), UsageChunk(Usage, ",\"x\":[0" + more + "]")])
        {
            WireAnswer answer = ChatStream(Chunk(Hello), Chunk(There, "\"stop\""), chunk, Done);
            Assert.Equal(("100/0/0/0/50/0", true), (answer.Tokens(), answer.IsComplete));
        }
    }

    [Fact]
    public void L1_TooManyLevelsAreSaid()
    {
        Assert.True(Chat(Completion(Usage)[..^1] + ",\"x\":" + Objects + "}").Flags.HasFlag(WireFlags.Malformed));
        Assert.True(ChatStream(Chunk(Hello), UsageChunk(Usage, ",\"x\":" + Arrays), Done).Flags.HasFlag(WireFlags.Malformed));
        Assert.False(Chat(Completion(Usage)).Flags.HasFlag(WireFlags.Malformed));
    }

    [Theory]
    [InlineData("\n<!-- cached by a proxy -->\n")]
    [InlineData(" %")]
    [InlineData("}")]
    [InlineData("\nEOF\n")]
    public void L1_WhatFollowsAWholeAnswerDoesNotMakeItIncomplete(string rest)
    {
        WireAnswer answer = Chat(Completion(Usage) + rest);
        Assert.Equal(("100/0/0/0/50/0", true), (answer.Tokens(), answer.IsComplete));
        Assert.True(answer.Flags.HasFlag(WireFlags.Malformed));
    }

    [Theory]
    [InlineData("\\1")]
    [InlineData("\\x41")]
    [InlineData("\\u12g4")]
    [InlineData("\\u201c \\a")]
    [InlineData("\\u20")]
    public void L1_UsageBehindAnEscapeThatIsNoneIsReadInAnyPieces(string escape)
    {
        foreach (string message in (string[])["{\"role\":\"assistant\",\"content\":\"no" + escape + "\"}", "{\"role\":\"assistant\",\"no" + escape + "\":1}"])
        {
            Assert.Equal("100/0/0/0/50/0", Chat(Completion(Usage, message: message)).Tokens());
            Assert.Equal("100/0/0/0/50/0", ChatStream(Chunk(message), Chunk(message), UsageChunk(Usage), Done).Tokens());
            Assert.False(WireRequests.Read(WireRequests.OpenAI, "{\"model\":\"m\",\"messages\":[" + message + "]}").IsReadable);
        }
    }

    [Theory]
    [InlineData("{\"model\":\"m\",\"n\":NaN,\"messages\":[]}")]
    [InlineData("{\"model\":\"m\",\"messages\":[],}")]
    [InlineData("{\"model\":\"m\",\"messages\":[1,]}")]
    public void ARequestIsReadStrictly(string body) => Assert.False(WireRequests.Read(WireRequests.OpenAI, body).IsReadable);

    [Fact]
    public void ARequestWithTooManyLevelsIsNotReadable() =>
        Assert.Equal(WireRequestProblems.TooDeep, WireRequests.Read(WireRequests.OpenAI, "{\"model\":\"m\",\"messages\":[],\"x\":" + Arrays + "}").Problems);
}
