using Npgsql;

namespace MeaiBudget.Tests;

/// <summary>Messages name the server's own reason, because most logs show no inner exceptions.</summary>
public sealed class PostgreSqlMessageTests
{
    [Fact]
    public async Task AServerThatCannotBeReachedIsNotTakenForASlowOne()
    {
        PostgreSqlSpendLedgerException exception = await Assert.ThrowsAsync<PostgreSqlSpendLedgerException>(async () =>
            await PostgreSqlSpendLedger.OpenAsync("Host=127.0.0.1;Port=1;Timeout=2", cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal(PostgreSqlLedgerProblem.Unavailable, exception.Problem);
        Assert.Contains("(Connection refused)", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ARefusalNamesTheReasonWithoutSecrets()
    {
        var refused = new PostgresException("the value 'sk-proj-abcdefghijklmnopqrstuvwxyz0123456789' is not allowed", "ERROR", "ERROR", PostgresErrorCodes.CheckViolation);

        SpendLedgerException exception = PostgreSqlSpendLedgerException.From("spend", refused);

        Assert.Contains("is not allowed", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("abcdefghij", exception.Message, StringComparison.Ordinal);
    }
}
