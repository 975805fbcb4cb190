using StackExchange.Redis;

namespace MeaiBudget;

/// <content>Connecting, and the checks of the server.</content>
public sealed partial class RedisSpendLedger
{
    /// <summary>Connects to a server, and checks that it can run the ledger's scripts.</summary>
    /// <param name="configuration">The connection string of StackExchange.Redis. It is never part of a message.</param>
    /// <param name="options">The options; the defaults if <see langword="null"/>.</param>
    /// <param name="cancellationToken">Cancels the connection.</param>
    /// <returns>The ledger. It disposes the connection when it is disposed.</returns>
    /// <exception cref="ArgumentException">The connection string or an option is invalid.</exception>
    /// <exception cref="RedisSpendLedgerException">The server cannot be reached, or cannot run scripts.</exception>
    public static async Task<RedisSpendLedger> ConnectAsync(string configuration, RedisSpendLedgerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(configuration);
        options ??= new RedisSpendLedgerOptions();
        options.Validate();
        ConfigurationOptions settings;
        try
        {
            settings = ConfigurationOptions.Parse(configuration);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or OverflowException)
        {
            // The parser's message repeats the invalid part, which may be part of a password.
#pragma warning disable CA2208 // The parameter name is correct.
            throw new ArgumentException("The Redis connection string is invalid. Use host:port,name=value,... with the option names of StackExchange.Redis. If a password contains a comma, create the connection with ConfigurationOptions and pass it instead.", nameof(configuration));
#pragma warning restore CA2208
        }

        ConnectionMultiplexer multiplexer;
        try
        {
            multiplexer = await ConnectionMultiplexer.ConnectAsync(settings).WaitAsync(cancellationToken);
        }
        catch (RedisException exception)
        {
            throw RedisSpendLedgerException.From($"redis:{options.Name}", exception);
        }

        try
        {
            return await OpenAsync(multiplexer, true, options, cancellationToken);
        }
        catch
        {
            await multiplexer.DisposeAsync();
            throw;
        }
    }

    /// <summary>Uses an existing connection, and checks that its server can run the ledger's scripts.</summary>
    /// <param name="multiplexer">The connection. It is not disposed with the ledger.</param>
    /// <param name="options">The options; the defaults if <see langword="null"/>.</param>
    /// <param name="cancellationToken">Cancels the check.</param>
    /// <returns>The ledger.</returns>
    /// <exception cref="RedisSpendLedgerException">The server cannot be reached, or cannot run scripts.</exception>
    public static Task<RedisSpendLedger> ConnectAsync(IConnectionMultiplexer multiplexer, RedisSpendLedgerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(multiplexer);
        options ??= new RedisSpendLedgerOptions();
        options.Validate();
        return OpenAsync(multiplexer, false, options, cancellationToken);
    }

    private static async Task<RedisSpendLedger> OpenAsync(
        IConnectionMultiplexer multiplexer, bool ownsMultiplexer, RedisSpendLedgerOptions options, CancellationToken cancellationToken)
    {
        var ledger = new RedisSpendLedger(multiplexer, ownsMultiplexer, options);
        byte[] answer = await ledger._connection.CheckAsync(cancellationToken);
        ledger._maintenance.Observe(answer);
        RedisServerCheck.Check(answer, ledger.Name, options);
        return ledger;
    }
}
