using System.Security.Authentication;
using StackExchange.Redis;

namespace MeaiBudget.Tests;

/// <summary>Messages name the server's own reason, because most logs show no inner exceptions.</summary>
public sealed class RedisMessageTests
{
    [Fact]
    public void AFailedHandshakeIsNotTakenForAWrongPassword()
    {
        var failed = new RedisConnectionException(ConnectionFailureType.AuthenticationFailure, CommandFlags.None, "It failed.", innerException: new AuthenticationException("The certificate is not trusted."));

        var exception = RedisSpendLedgerException.From("spend", failed);

        Assert.Contains("The connection with TLS failed (The certificate is not trusted.)", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("password", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("NOPERM this user has no permissions to run the 'evalsha' command", RedisLedgerProblem.AccessDenied)]
    [InlineData("WRONGTYPE Operation against a key", RedisLedgerProblem.Refused)]
    public void ARefusalNamesTheServersReason(string reason, RedisLedgerProblem problem)
    {
        var exception = RedisSpendLedgerException.From("spend", new RedisServerException(RedisErrorKind.None, CommandFlags.None, reason));

        Assert.Equal(problem, exception.Problem);
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }
}
