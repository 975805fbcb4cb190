using CsCheck;

namespace MeaiBudget.Tests;

/// <summary>The protocol that a call speaks, through its real SDK.</summary>
internal enum WireSdk
{
    Chat,
    Responses,
    Anthropic,
    Ollama,
}

/// <summary>How the limit, and what else decides the price, gets into the request.</summary>
internal enum RawRequest
{
    /// <summary>By <c>ChatOptions</c> alone.</summary>
    None,

    /// <summary>By a property of the SDK's own request.</summary>
    Typed,

    /// <summary>By a JSON patch of the SDK's own request, where the SDK has patches; else as <see cref="Typed"/>.</summary>
    Patch,
}

/// <summary>What sends again below the attempt.</summary>
internal enum Repetition
{
    None,

    /// <summary>A handler of the application repeats what failed.</summary>
    Handler,

    /// <summary>The SDK repeats what failed.</summary>
    Sdk,

    /// <summary>A handler sends twice in parallel and takes the first answer.</summary>
    Hedge,

    /// <summary>A handler sends once more after the answer came.</summary>
    LateHedge,

    /// <summary>A handler sends once more before it passes on the answer that came, and drops the second answer.</summary>
    Shadow,
}

/// <summary>What goes wrong with one request.</summary>
internal enum ProviderFault
{
    None,

    /// <summary>429, not billed.</summary>
    RateLimited,

    /// <summary>503, not billed.</summary>
    Overloaded,

    /// <summary>400, not billed.</summary>
    Rejected,

    /// <summary>500 after the model ran: billed.</summary>
    ServerError,

    /// <summary>No connection: not billed.</summary>
    Unreachable,

    /// <summary>The connection is lost before the answer: billed.</summary>
    LostBeforeAnswer,

    /// <summary>The connection is lost within the answer: billed.</summary>
    LostWithinAnswer,

    /// <summary>The answer ends too early: billed.</summary>
    EndsEarly,

    /// <summary>The caller cancels before the answer: billed.</summary>
    CancelledBeforeAnswer,

    /// <summary>The caller cancels within the answer: billed.</summary>
    CancelledWithinAnswer,

    /// <summary>A finish reason that the SDK may not know: billed, with usage.</summary>
    OddFinish,

    /// <summary>An error report after the beginning of a stream: billed.</summary>
    ErrorWithinStream,
}

/// <summary>A call with everything that happens to it.</summary>
internal sealed record RandomCall
{
    public required WireSdk Sdk { get; init; }

    public required bool IsStreaming { get; init; }

    /// <summary>Whether the request has a second, dearer model.</summary>
    public required bool IsDear { get; init; }

    public required RawRequest Raw { get; init; }

    public required Repetition Repetition { get; init; }

    public required int? OptionLimit { get; init; }

    public required int? RawLimit { get; init; }

    /// <summary>Whether the raw request names the other model.</summary>
    public required bool HasOtherModel { get; init; }

    public required int Answers { get; init; }

    public required string? Tier { get; init; }

    public required int Tools { get; init; }

    public required string Text { get; init; }

    /// <summary>Instructions of the raw request, in characters.</summary>
    public required int Instructions { get; init; }

    /// <summary>What happens to each request in turn; those after the last one are answered.</summary>
    public required ProviderFault[] Faults { get; init; }

    /// <summary>The share of the limit that the answer takes, in percent.</summary>
    public required int Share { get; init; }

    /// <summary>The share of the body after which it breaks, in percent.</summary>
    public required int Break { get; init; }

    /// <summary>The largest piece of the body that one read gets, in bytes.</summary>
    public required int Piece { get; init; }

    /// <summary>The updates after which the caller leaves the stream; null to read it to its end.</summary>
    public required int? LeaveAfter { get; init; }

    public required bool IsInRun { get; init; }

    private static readonly Gen<string> Texts = Gen.OneOf(
        Gen.Int[1, 400].Select(words => string.Join(' ', Enumerable.Repeat("The clocks of the town are never wrong.", words / 8 + 1))),
        Gen.OneOf(Gen.Char['\u4e00', '\u9fa0'], Gen.Char['\u0430', '\u044f'], Gen.Char['\u0e01', '\u0e2e'], Gen.Char['\u0905', '\u0939'], Gen.Char['!', '~'])
            .Array[1, 300].Select(characters => new string(characters)),
        Gen.Int[0x1F300, 0x1F64F].Array[1, 60].Select(runes => string.Concat(runes.Select(char.ConvertFromUtf32))));

    private static readonly Gen<ProviderFault> AnyFault = Gen.Frequency(
        (4, Gen.Const(ProviderFault.None)),
        (6, Gen.Int[1, (int)ProviderFault.ErrorWithinStream].Select(fault => (ProviderFault)fault)));

    private static readonly Gen<int?> Limits = Gen.Frequency<int?>((1, Gen.Const((int?)null)), (3, Gen.Int[1, 600].Select(limit => (int?)limit)));

    /// <summary>Any call.</summary>
    public static Gen<RandomCall> Any { get; } =
        from sdk in Gen.Enum<WireSdk>()
        from isStreaming in Gen.Bool
        from isDear in Gen.Frequency((4, Gen.Const(false)), (1, Gen.Const(true)))
        from raw in Gen.Enum<RawRequest>()
        from repetition in Gen.Frequency((3, Gen.Const(Repetition.None)), (4, Gen.Enum<Repetition>()))
        from limits in Gen.Select(Limits, Limits)
        from hasOtherModel in Gen.Frequency((4, Gen.Const(false)), (1, Gen.Const(true)))
        from answers in Gen.Frequency((3, Gen.Const(1)), (1, Gen.Int[1, 4]))
        from tier in Gen.Frequency<string?>((3, Gen.Const((string?)null)), (1, Gen.Int[0, 3].Select(index => (string?)((string[])["priority", "flex", "default", "auto"])[index])))
        from tools in Gen.Frequency((3, Gen.Const(0)), (1, Gen.Int[1, 4]))
        from text in Texts
        from instructions in Gen.Frequency((3, Gen.Const(0)), (1, Gen.Int[1, 4_000]))
        from faults in Gen.Frequency((2, Gen.Const(Array.Empty<ProviderFault>())), (3, AnyFault.Array[1, 4]))
        from shares in Gen.Select(Gen.OneOf(Gen.Const(100), Gen.Int[0, 100]), Gen.Int[0, 100], Gen.OneOf(Gen.Const(100_000), Gen.Int[1, 200]))
        from leaveAfter in Gen.Frequency<int?>((5, Gen.Const((int?)null)), (1, Gen.Int[0, 4].Select(updates => (int?)updates)))
        from isInRun in Gen.Frequency((4, Gen.Const(false)), (1, Gen.Const(true)))
        select new RandomCall
        {
            Sdk = sdk,
            IsStreaming = isStreaming,
            IsDear = isDear,
            Raw = raw,
            Repetition = repetition,
            OptionLimit = limits.Item1,
            RawLimit = limits.Item2,
            HasOtherModel = hasOtherModel,
            Answers = answers,
            Tier = tier,
            Tools = tools,
            Text = text,
            Instructions = instructions,
            Faults = faults,
            Share = shares.Item1,
            Break = shares.Item2,
            Piece = shares.Item3,
            LeaveAfter = leaveAfter,
            IsInRun = isInRun,
        };

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Sdk}{(IsStreaming ? " streamed" : "")}{(IsDear ? " dear" : "")}, raw {Raw}, repetition {Repetition}, limits {OptionLimit}/{RawLimit}, other model {HasOtherModel}, n {Answers}, tier {Tier}, "
        + $"tools {Tools}, text {Text.Length}, instructions {Instructions}, faults [{string.Join(' ', Faults)}], share {Share}, break {Break}, piece {Piece}, leave {LeaveAfter}, run {IsInRun}";
}
