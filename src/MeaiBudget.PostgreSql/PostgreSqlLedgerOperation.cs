namespace MeaiBudget;

/// <summary>The kinds of operations that share a batch. The numbers are those of the functions <c>apply_1</c> and <c>apply_2</c>.</summary>
internal enum PostgreSqlOperationKind : short
{
    Reserve = 1,
    Settle = 2,
    Release = 3,
    Renew = 4,
    Adjust = 5,
}

/// <summary>The result of an operation in a batch. The numbers are those of the functions <c>apply_1</c> and <c>apply_2</c>.</summary>
internal enum PostgreSqlOperationStatus : short
{
    NotApplied = 0,
    Applied = 1,
    Unknown = 2,
    TooLate = 3,
    WrongCount = 4,
    Released = 5,
    SettingsChanged = 6,
}

/// <summary>What the server answered to an operation: the lines' accounts before and after, if it was asked for them.</summary>
internal sealed record PostgreSqlOperationResult(PostgreSqlOperationStatus Status, int Lines, LedgerLineState[] Before, LedgerLineState[] After);

/// <summary>One operation of a caller, which waits for its batch.</summary>
internal sealed class PostgreSqlLedgerOperation
{
    private readonly TaskCompletionSource<PostgreSqlOperationResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public required PostgreSqlOperationKind Kind { get; init; }

    public required LedgerReservationId Id { get; init; }

    public required CancellationToken CancellationToken { get; init; }

    /// <summary>Gets or sets the number of the operation in this process. A repetition has the same, so its answer is the same.</summary>
    public long Sequence { get; set; }

    public IReadOnlyList<LedgerLine> Lines { get; init; } = [];

    public IReadOnlyList<long> Amounts { get; init; } = [];

    public bool IsUnconfirmed { get; init; }

    public bool WantsStates { get; init; }

    public TimeSpan Lease { get; init; }

    public long? At { get; init; }

    public long KeepUntil { get; init; }

    public string? Text { get; init; }

    public Guid? AdjustmentId { get; init; }

    public long? SettingsVersion { get; init; }

    public Task<PostgreSqlOperationResult> Task => _completion.Task;

    public void Complete(PostgreSqlOperationResult result) => _completion.TrySetResult(result);

    public void Fail(Exception exception)
    {
        if (exception is OperationCanceledException)
        {
            _completion.TrySetCanceled(CancellationToken);
        }
        else
        {
            _completion.TrySetException(exception);
        }
    }
}
