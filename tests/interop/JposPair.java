// One end of a conversation in jPOS, the ISO 8583 stack of the field. What it sends and receives is logged as JSON lines, one
// a message, by jPOS's own idea of it; tests/interop/compare holds tapgrade's transactions against these logs.
//   java -cp 'JARS/*' JposPair.java server CHANNEL PORT LOG
//   java -cp 'JARS/*' JposPair.java client CHANNEL HOST PORT LOG FIRST-STAN COUNT PHASE
// CHANNEL is ascii (4 digits, ASCII), post (2 bytes, ASCII) or nac (2 bytes and TPDU, BCD). PHASE tells the server what to do, by
// the last two digits of the amount, which is unique: 00 approve, 51 decline, 96 fail, 68 answer after 3 s, 99 never answer.
import java.io.FileWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jpos.iso.BaseChannel;
import org.jpos.iso.ISOException;
import org.jpos.iso.ISOMsg;
import org.jpos.iso.ISOServer;
import org.jpos.iso.ISOSource;
import org.jpos.iso.ISOUtil;
import org.jpos.iso.ServerChannel;
import org.jpos.iso.channel.ASCIIChannel;
import org.jpos.iso.channel.NACChannel;
import org.jpos.iso.channel.PostChannel;
import org.jpos.iso.packager.ISO87APackager;
import org.jpos.iso.packager.ISO87BPackager;

public class JposPair {
    static PrintWriter log;

    static BaseChannel channel(String kind, String host, int port) throws IOException {
        BaseChannel channel = switch (kind) {
            case "ascii" -> new ASCIIChannel(new ISO87APackager());
            case "post" -> new PostChannel(new ISO87APackager());
            case "nac" -> new NACChannel(new ISO87BPackager(), ISOUtil.hex2byte("6000010002"));
            default -> throw new IllegalArgumentException("no such channel: '" + kind + "'");
        };
        if (host != null) {
            channel.setHost(host, port);
        }
        return channel;
    }

    static synchronized void logMessage(String direction, ISOMsg message) throws ISOException {
        log.printf("{\"direction\":\"%s\",\"at\":\"%s\",\"mti\":\"%s\",\"stan\":\"%s\",\"amount\":%d,\"code\":%s}%n", direction,
            Instant.now(), message.getMTI(), message.getString(11),
            message.hasField(4) ? Long.parseLong(message.getString(4)) : 0,
            message.hasField(39) ? "\"" + message.getString(39) + "\"" : "null");
        log.flush();
    }

    // ---- server

    static final ScheduledExecutorService later = Executors.newScheduledThreadPool(4);

    static void answer(ISOSource source, ISOMsg request, String code) {
        try {
            ISOMsg answer = (ISOMsg) request.clone();
            answer.setResponseMTI();
            answer.set(39, code);
            answer.unset(2);
            source.send(answer);
            logMessage("sent", answer);
        } catch (ISOException | IOException e) {
            System.err.println("server: " + e);
        }
    }

    static boolean process(ISOSource source, ISOMsg request) {
        try {
            logMessage("received", request);
            String code = request.hasField(4) ? request.getString(4).substring(10) : "00";
            switch (code) {
                case "99" -> { }
                case "68" -> later.schedule(() -> answer(source, request, "00"), 3, TimeUnit.SECONDS);
                default -> later.schedule(() -> answer(source, request, code), 5 + Math.floorMod(request.getString(11).hashCode(), 20), TimeUnit.MILLISECONDS);
            }
        } catch (ISOException e) {
            System.err.println("server: " + e);
        }
        return true;
    }

    static void serve(String kind, int port) throws ISOException, IOException {
        ISOServer server = new ISOServer(port, (ServerChannel) channel(kind, null, 0), null);
        server.addISORequestListener(JposPair::process);
        new Thread(server).start();
    }

    // ---- client

    static ISOMsg request(String mti, int stan, String code) throws ISOException {
        String[] merchants = {"103290054110001", "103301054110002", "103331054110003"}; // 上海, 江苏, 浙江
        LocalDateTime now = LocalDateTime.now(ZoneId.of("Asia/Shanghai"));
        ISOMsg message = new ISOMsg();
        message.setMTI(mti);
        message.set(7, now.format(DateTimeFormatter.ofPattern("MMddHHmmss")));
        message.set(11, String.format("%06d", stan));
        if (mti.startsWith("08")) {
            message.set(70, "301");
            return message;
        }
        message.set(2, "9999000000000" + String.format("%03d", stan % 1000));
        message.set(3, "000000");
        message.set(4, String.format("%010d%s", stan, code));
        message.set(12, now.format(DateTimeFormatter.ofPattern("HHmmss")));
        message.set(13, now.format(DateTimeFormatter.ofPattern("MMdd")));
        message.set(18, "5411");
        message.set(22, "051");
        message.set(25, "00");
        message.set(32, "03062900");
        message.set(33, "03062900");
        message.set(37, String.format("%012d", stan));
        message.set(41, String.format("%08d", stan % 50));
        message.set(42, merchants[stan % merchants.length]);
        message.set(49, "156");
        return message;
    }

    static Thread receiver(BaseChannel channel) {
        Thread thread = new Thread(() -> {
            try {
                while (true) {
                    logMessage("received", channel.receive());
                }
            } catch (ISOException | IOException e) {
                // the end of the connection ends the thread
            }
        });
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    // False when the connection is gone: an IOException, or jPOS's own when its receiver has noticed first.
    static boolean send(BaseChannel channel, ISOMsg message) throws ISOException {
        try {
            channel.send(message);
        } catch (ISOException | IOException e) {
            return false;
        }
        logMessage("sent", message);
        return true;
    }

    static void talk(String kind, String host, int port, int stan, int count, String phase) throws Exception {
        List<BaseChannel> channels = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            BaseChannel channel = channel(kind, host, port);
            channel.connect();
            receiver(channel);
            channels.add(channel);
            send(channel, request("0800", stan + count + i, "00"));
        }
        for (int i = 0; i < count; i++) {
            String code = phase.equals("mixed") ? List.of("00", "00", "51", "00", "96").get(i % 5) : phase;
            ISOMsg message = request("0200", stan + i, code);
            send(channels.get(i % channels.size()), message);
            if (i % 25 == 24) { // a repeat of a request that is on its way: not a second transaction
                ISOMsg repeat = (ISOMsg) message.clone();
                repeat.setMTI("0201");
                send(channels.get(i % channels.size()), repeat);
            }
            Thread.sleep(4);
        }
        Thread.sleep(phase.equals("68") ? 3500 : 500);
        for (BaseChannel channel : channels) {
            channel.disconnect();
        }
    }

    // Sends until the connections are gone: the script kills the server meanwhile.
    static void talkToTheEnd(String kind, String host, int port, int stan, int count) throws Exception {
        BaseChannel channel = channel(kind, host, port);
        channel.connect();
        receiver(channel);
        System.out.println("connected");
        for (int i = 0; i < count && send(channel, request("0200", stan + i, "99")); i++) {
            Thread.sleep(10);
        }
        System.out.println(isRefused(kind, host, port) ? "refused" : "not refused");
    }

    // A killed process closes its connections before it stops to listen: the first tries may still get through.
    static boolean isRefused(String kind, String host, int port) throws Exception {
        for (int tries = 0; tries < 100; tries++) {
            try {
                BaseChannel channel = channel(kind, host, port);
                channel.connect();
                channel.disconnect();
            } catch (IOException e) {
                return true;
            }
            Thread.sleep(20);
        }
        return false;
    }

    public static void main(String[] arguments) throws Exception {
        boolean server = arguments[0].equals("server");
        log = new PrintWriter(new FileWriter(arguments[server ? 3 : 4], true));
        if (server) {
            serve(arguments[1], Integer.parseInt(arguments[2]));
            return;
        }
        int port = Integer.parseInt(arguments[3]), stan = Integer.parseInt(arguments[5]), count = Integer.parseInt(arguments[6]);
        if (arguments[7].equals("killed")) {
            talkToTheEnd(arguments[1], arguments[2], port, stan, count);
        } else {
            talk(arguments[1], arguments[2], port, stan, count, arguments[7]);
        }
        System.exit(0);
    }
}
