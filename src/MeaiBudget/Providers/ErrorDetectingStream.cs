namespace MeaiBudget;

/// <summary>Passes a body on and throws at a line with an error report that the SDK would ignore.</summary>
internal sealed class ErrorDetectingStream(Stream inner, ErrorLineDetector detect, CancellationToken attemptToken = default) : BodyStream(inner, attemptToken)
{
    private readonly ErrorLines _errors = new(detect);

    protected override void BeforeRead() => _errors.ThrowIfFailed();

    protected override void OnEnd() => _errors.OnEnd();

    protected override int OnRead(ReadOnlyMemory<byte> piece) => _errors.OnRead(piece.Span, onlyRepeats: false);
}
