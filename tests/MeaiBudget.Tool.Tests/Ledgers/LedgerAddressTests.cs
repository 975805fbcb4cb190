using MeaiBudget.Tool;

namespace MeaiBudget.Tests;

/// <summary>How commands name a ledger.</summary>
public sealed class LedgerAddressTests
{
    [Theory]
    [InlineData("spend.db", "File", "spend.db")]
    [InlineData("Host=localhost;Database=spend", "PostgreSql", "Host=localhost;Database=spend")]
    [InlineData("postgres://app:p%40ss@db.example.com:6432/spend?sslmode=require", "PostgreSql", "Host=db.example.com;Database=spend;Port=6432;Username=app;Password=p@ss;SSL Mode=Require")]
    [InlineData("postgresql://localhost/spend", "PostgreSql", "Host=localhost;Database=spend")]
    [InlineData("redis:localhost:6379,ssl=false", "Redis", "localhost:6379,ssl=false")]
    [InlineData("redis://localhost", "Redis", "localhost:6379,ssl=False")]
    [InlineData("redis://localhost:7000/3", "Redis", "localhost:7000,defaultDatabase=3,ssl=False")]
    [InlineData("rediss://app:p%40ss@cache.example.com:6380", "Redis", "cache.example.com:6380,user=app,password=p@ss,ssl=True")]
    public void ALedgerIsNamedByAFileAConnectionStringOrAUrl(string argument, string kind, string value)
    {
        var address = LedgerAddress.Parse(argument);

        Assert.Equal(kind, address.Kind.ToString());
        Assert.Equal(value.Split(',', ';').Order(), address.Value.Split(',', ';').Order());
    }

    [Theory]
    [InlineData("env:", "'env:' names no environment variable")]
    [InlineData("env:MEAIBUDGET_NOT_SET", "'MEAIBUDGET_NOT_SET' is not set")]
    [InlineData("redis:", "'redis:' names no server")]
    [InlineData("redis://localhost/first", "'first' is not the number of a database")]
    [InlineData("postgres://localhost/spend?colour=red", "colour")]
    public void AnArgumentThatNamesNoLedgerIsExplained(string argument, string message) =>
        Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(() => LedgerAddress.Parse(argument)).Message, StringComparison.OrdinalIgnoreCase);

    [Theory]
    [InlineData("report", "redis:localhost:1", "SQLite only, and this ledger is in Redis")]
    [InlineData("report", "Host=localhost;Port=1", "SQLite only, and this ledger is in PostgreSql")]
    [InlineData("ledger check", "redis:localhost:1", "A ledger in Redis has no tables")]
    [InlineData("export --format csv", "redis:localhost:1", "keeps no single calls")]
    public async Task ACommandSaysWhichLedgersItTakes(string command, string ledger, string message)
    {
        using StringWriter output = new(), error = new();

        int code = await ToolProgram.RunAsync([.. command.Split(' '), ledger], output, error);

        Assert.Equal(ToolProgram.WrongUsage, code);
        Assert.Contains(message, error.ToString(), StringComparison.Ordinal);
    }
}
